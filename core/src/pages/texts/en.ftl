# Every page
languages = Language
title-with-error = Error: { $title }

# Logging in
log-in = Log in
username = User name
password = Password
logged-in-as = You are logged in as { $username }. Log in below to act as someone else.
continue-to = You go on to { $client } once you have logged in.
wrong-login =
    { $code ->
        [asked] The user name, the password or the code is wrong, or the account cannot be used.
       *[none] The user name or the password is wrong, or the account cannot be used.
    }
wrong-code = The code is wrong or was used before, or the account cannot be used.
missing-username = Enter your user name.
missing-password = Enter your password.
code = Code
code-hint-login = From your authenticator app, or one of your recovery codes. At your first login, leave it empty.
code-hint = From your authenticator app, or one of your recovery codes. Each code is good once: if you have just used one, wait for the app to show the next.
missing-code = Enter the code from your authenticator app.

# Changing the password
change-password = Change password
password-for = New password for { $username }.
must-change-password = Your password was set by an administrator. Choose one of your own before you go on.
old-password = Current password
new-password = New password
new-password-hint = At least 8 characters. Several words make a password that is strong and easy to remember.
confirm-password = New password, once more
wrong-old-password =
    { $code ->
        [asked] The user name, the current password or the code is wrong, or the account cannot be used.
       *[none] The user name or the current password is wrong, or the account cannot be used.
    }
missing-field = Fill in this field.
passwords-differ = The two new passwords are not the same.
password-too-short = The new password is too short: at least 8 characters.
password-too-long = The new password is too long: at most 256 characters.
password-is-old = The new password is the current one. Choose another.
password-is-username = The new password is the user name. Choose another.
password-is-common = The new password is one of the most common ones. Choose another.
password-changed = Your new password holds from now on. You were logged out everywhere else.
    .title = Password changed

# The second factor
second-factor = Second factor
password-and-second-factor = Password and second factor
account-of = Account of { $username }.
must-enrol = You also need a code from an authenticator app. You set this up once.
enrol-app = Open an authenticator app on your phone. Any will do that shows six-digit codes, such as FreeOTP, Google Authenticator or Microsoft Authenticator.
enrol-scan = Scan this QR code with it.
qr-code = QR code for your authenticator app. The key below says the same.
enrol-type = Or type this key into the app:
enrol-open = Open in an app on this device
enrol-code = Enter the code that the app shows.
code-hint-enrol = Six digits. The app shows a new code every 30 seconds.
enrolment-over = The key on that page was older than a day and holds no more. Log in again to get a new one.
finish = Finish
recovery-codes = Your second factor is set up. If you lose your phone, one of these codes takes the place of the app’s code. Each is good for one login.
    .title = Keep your recovery codes
recovery-codes-once = They are shown only this once. Print them, or write them down, and keep them in a safe place.
continue = Continue

# A forgotten password
forgot-password = Forgot your password?
reset-intro = Enter your user name or your e-mail address. You will get a mail with which you can log in again.
username-or-address = User name or e-mail address
reset-send = Send me the mail
choose-password = Choose a new password
choose-password-button = Save the new password
reset-requested = If there is an account of this name that has an e-mail address, a mail is on its way to it. If nothing arrives within a few minutes, look into the spam folder, or ask your administrator.
    .title = Look into your mailbox
reset-link-invalid = The link was used already, or a newer one took its place, or it is older than an hour. Ask for a new mail.
    .title = This link no longer works
password-reset-done = Your new password holds from now on. You were logged out everywhere. Log in with the new password.
    .title = Password changed
password-elsewhere = The password of this account is kept by the directory of your organisation. Change it there.
    .title = Your password is kept elsewhere
reset-unavailable = This site sends no mails for forgotten passwords. Ask your administrator for a new password.
    .title = Not set up here

# Mails
notice-password-changed =
    Hello { $username }

    The password of your account { $username } on { $site } was changed.

    If this was you, there is nothing to do.

    If this was not you, tell your administrator, and ask for a new password at once:
    { $site }/loginresetpassword
    .subject = Your password was changed

# Logging in at another provider
log-in-elsewhere = Log in with your organisation’s account
log-in-there = You log in with the account of your organisation.
    .title = Log in
logged-in-there = You are logged in as { $username }.
    .title = Logged in
passwords-elsewhere = No password is taken here. You log in with the account of your organisation.
    .title = Log in elsewhere
provider-login-over = This login took too long, or was finished already, or another window took its place. Cookies must be allowed. Log in again.
    .title = Please log in again
provider-refused = The login service of your organisation did not log you in. Try again, or ask your administrator.
    .title = Not logged in
no-account = The login service of your organisation knows you, but there is no account here that you can use. Ask your administrator.
    .title = No account here

# Who cannot go on
not-logged-in = To go on, log in. If an administrator set your password, or your second factor is not set up yet, the login page leads you through that first.
    .title = You are not logged in

# One’s own account
account = Your account
display-name = Name
email = E-mail address
roles = Roles
source = How you log in
source-directory = With user name and password
source-ldap = With the password of your organisation’s directory
source-trusted-header = Your organisation logs you in
source-openid-connect = With your organisation’s account
last-login = Last login
moment = { $day } at { $time } UTC
log-out = Log out
sessions = Programs with access
sessions-none = No program has access in your name.
sessions-intro = You have allowed these programs to act in your name. Browsers in which you are logged in are not listed.
session-resource = Only for { $place }
session-since = Since
session-renewed = Last renewed
session-until = Ends unless renewed
session-revoke = End access
session-ended = The program has no access any more. It may take ten seconds until it notices.
sessions-more = More programs
recovery-codes-left = Recovery codes left: { $count }
recovery-codes-renew-intro = You can have ten new recovery codes. The old ones are then good no more.
recovery-codes-renew = Make new recovery codes
recovery-codes-renewed = The old recovery codes are good no more. If you lose your phone, one of these new ones takes the place of the app’s code. Each is good for one login.
    .title = Keep your new recovery codes
end-sessions = Log out everywhere
end-sessions-intro = Ends all your logins at once: in every browser, in this one too, and the access of every program. After that, log in again.

# QGIS
qgis = With two kinds of files QGIS Desktop knows this portal: how to log in, and where its maps and data are. This takes QGIS 3.20 or a newer one.
    .title = Set up QGIS
qgis-no-capabilities = This portal does not tell QGIS which layers there are, so that QGIS cannot list them. Ask your administrator.
qgis-authentication = The login
qgis-client = Program (OAuth2 client)
qgis-public-client = { $client } (without a secret, QGIS 3.34 or newer)
qgis-client-hint = Your administrator tells you which one to take, and its secret.
qgis-secret = Secret of the program
qgis-secret-hint = It goes into the file and is not kept here. Leave it empty to type it in QGIS later.
qgis-download-authentication = Download the login
qgis-import-authentication = In QGIS: Settings → Options → Authentication, and there “Import authentication configurations from file”. Delete the file afterwards if the secret is in it.
qgis-no-client = No program is registered here that QGIS could log in with. Ask your administrator.
qgis-connections = Maps and data
qgis-download-wms = Download WMS
qgis-download-wfs = Download WFS
qgis-import-connections = In QGIS: Layer → Data Source Manager. Press “Load” on the page WMS/WMTS for the first file, and on the page WFS for the second.
qgis-no-server = There are no maps here that you may see.
qgis-connect = Connect
qgis-choose-authentication = Connection files of QGIS do not say how to log in. So edit each new connection once, and choose the login of step 1 under “Authentication”.
qgis-first-login = When you then connect, QGIS opens your browser for the login, and shows the layers that are yours.

# What goes wrong
form-expired = This form is too old, or another window took its place. Go back, reload the page and try again. Cookies must be allowed.
    .title = The form cannot be used
foreign-origin = The form was sent from another website. If you did not expect this, close the page.
    .title = Refused
bad-request = The request is incomplete or wrong.
    .title = This did not work
unauthorized = Your login is missing or no longer holds. Log in and try again.
    .title = Not logged in
forbidden = You may not do this.
    .title = Refused
not-found = There is nothing at this address.
    .title = Not found
too-many-requests = There were too many tries in a short time. Wait a few minutes, then try again.
    .title = Please wait
unavailable = Something this service needs does not answer. Please try again in a moment.
    .title = Not available right now

# Programs that ask for access (OAuth 2.0)
unknown-client = The program that sent you here is not known. Check the client ID in its settings, or ask your administrator.
    .title = Unknown program
unknown-redirect = The program that sent you here gave a return address that is not registered for it. Check the redirect URL in its settings, or ask your administrator.
    .title = Wrong return address
restart-qgis = QGIS cannot receive the answer any more, since an earlier login was not finished. Quit QGIS, start it again and connect once more.
    .title = Please restart QGIS
consent = { $client } wants access in your name, { $username }. Allow this only if you just asked for it yourself.
    .title = Allow access?
access = It can then:
scope-map = see the maps and data that you may see
scope-openid = recognise your account
scope-profile = read your name, your user name and your roles
scope-email = read your e-mail address
scope-admin = manage users, roles and maps in your name
leads-site = The answer goes to { $place }.
leads-program = The answer goes to a program on your device ({ $place }).
other-login = Log in as someone else
post-back-site = Press the button to go on to { $place }.
    .title = Almost done
post-back-program = Press the button to go on to the program on your device ({ $place }).
allow = Allow
refuse = Refuse
