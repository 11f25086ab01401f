# Logging in
log-in = Log in
username = User name
password = Password
logged-in-as = You are logged in as { $username }. Log in below to act as someone else.
continue-to = You go on to { $client } once you have logged in.
wrong-login = The user name or the password is wrong, or the account cannot be used.
missing-username = Enter your user name.
missing-password = Enter your password.

# Changing the password
change-password = Change password
password-for = New password for { $username }.
must-change-password = Your password was set by an administrator. Choose one of your own before you go on.
old-password = Current password
new-password = New password
new-password-hint = At least 8 characters. Several words make a password that is strong and easy to remember.
confirm-password = New password, once more
wrong-old-password = The user name or the current password is wrong, or the account cannot be used.
missing-field = Fill in this field.
passwords-differ = The two new passwords are not the same.
password-too-short = The new password is too short: at least 8 characters.
password-too-long = The new password is too long: at most 256 characters.
password-is-old = The new password is the current one. Choose another.
password-is-username = The new password is the user name. Choose another.
password-is-common = The new password is one of the most common ones. Choose another.
password-changed = Your new password holds from now on. You were logged out everywhere else.
    .title = Password changed

# Who cannot go on
not-logged-in = To go on, log in. If your password was set by an administrator, change it first.
    .title = You are not logged in

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
unavailable = Something this service needs does not answer. Please try again in a moment.
    .title = Not available right now

# Programs that ask for access (OAuth 2.0)
unknown-client = The program that sent you here is not known. Check the client ID in its settings, or ask your administrator.
    .title = Unknown program
unknown-redirect = The program that sent you here gave a return address that is not registered for it. Check the redirect URL in its settings, or ask your administrator.
    .title = Wrong return address
restart-qgis = QGIS cannot receive the answer any more, since an earlier login was not finished. Quit QGIS, start it again and connect once more.
    .title = Please restart QGIS
consent = { $client } wants to see maps and data in your name, { $username }. Allow this only if you just asked for it yourself.
    .title = Allow access?
allow = Allow
refuse = Refuse
