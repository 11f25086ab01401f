# Jede Seite
languages = Sprache
title-with-error = Fehler: { $title }

# Anmeldung
log-in = Anmelden
username = Benutzername
password = Passwort
logged-in-as = Sie sind als { $username } angemeldet. Melden Sie sich unten an, um den Benutzer zu wechseln.
continue-to = Nach der Anmeldung geht es weiter zu { $client }.
wrong-login =
    { $code ->
        [asked] Benutzername, Passwort oder Code ist falsch, oder das Konto kann nicht benutzt werden.
       *[none] Benutzername oder Passwort ist falsch, oder das Konto kann nicht benutzt werden.
    }
wrong-code = Der Code ist falsch oder wurde schon benutzt, oder das Konto kann nicht benutzt werden.
missing-username = Geben Sie Ihren Benutzernamen ein.
missing-password = Geben Sie Ihr Passwort ein.
code = Code
code-hint-login = Aus Ihrer Authenticator-App, oder einer Ihrer Wiederherstellungscodes. Bei der ersten Anmeldung leer lassen.
code-hint = Aus Ihrer Authenticator-App, oder einer Ihrer Wiederherstellungscodes. Jeder Code gilt nur einmal: Haben Sie eben einen verwendet, warten Sie, bis die App den nächsten zeigt.
missing-code = Geben Sie den Code aus Ihrer Authenticator-App ein.

# Passwort ändern
change-password = Passwort ändern
password-for = Neues Passwort für { $username }.
must-change-password = Ihr Passwort wurde von der Administration gesetzt. Wählen Sie ein eigenes, bevor es weitergeht.
old-password = Bisheriges Passwort
new-password = Neues Passwort
new-password-hint = Mindestens 8 Zeichen. Mehrere Wörter ergeben ein Passwort, das sicher und leicht zu merken ist.
confirm-password = Neues Passwort noch einmal
wrong-old-password =
    { $code ->
        [asked] Benutzername, bisheriges Passwort oder Code ist falsch, oder das Konto kann nicht benutzt werden.
       *[none] Benutzername oder bisheriges Passwort ist falsch, oder das Konto kann nicht benutzt werden.
    }
missing-field = Füllen Sie dieses Feld aus.
passwords-differ = Die beiden neuen Passwörter sind nicht gleich.
password-too-short = Das neue Passwort ist zu kurz: mindestens 8 Zeichen.
password-too-long = Das neue Passwort ist zu lang: höchstens 256 Zeichen.
password-is-old = Das neue Passwort ist das bisherige. Wählen Sie ein anderes.
password-is-username = Das neue Passwort ist der Benutzername. Wählen Sie ein anderes.
password-is-common = Das neue Passwort gehört zu den häufigsten. Wählen Sie ein anderes.
password-changed = Ihr neues Passwort gilt ab sofort. Überall sonst wurden Sie abgemeldet.
    .title = Passwort geändert

# Der zweite Faktor
second-factor = Zweiter Faktor
password-and-second-factor = Passwort und zweiter Faktor
account-of = Konto von { $username }.
must-enrol = Sie brauchen dazu einen Code aus einer Authenticator-App. Das richten Sie einmal ein.
enrol-app = Öffnen Sie auf Ihrem Telefon eine Authenticator-App. Jede, die sechsstellige Codes zeigt, ist recht, etwa FreeOTP, Google Authenticator oder Microsoft Authenticator.
enrol-scan = Scannen Sie damit diesen QR-Code.
qr-code = QR-Code für Ihre Authenticator-App. Der Schlüssel darunter sagt dasselbe.
enrol-type = Oder tippen Sie diesen Schlüssel in die App:
enrol-open = In einer App auf diesem Gerät öffnen
enrol-code = Geben Sie den Code ein, den die App zeigt.
code-hint-enrol = Sechs Ziffern. Die App zeigt alle 30 Sekunden einen neuen Code.
enrolment-over = Der Schlüssel auf jener Seite war älter als einen Tag und gilt nicht mehr. Melden Sie sich noch einmal an, um einen neuen zu erhalten.
finish = Abschliessen
recovery-codes = Ihr zweiter Faktor ist eingerichtet. Verlieren Sie Ihr Telefon, so ersetzt einer dieser Codes den Code der App. Jeder gilt für eine Anmeldung.
    .title = Bewahren Sie Ihre Wiederherstellungs{"\u00AD"}codes auf
recovery-codes-once = Sie werden nur dieses eine Mal gezeigt. Drucken Sie sie aus oder schreiben Sie sie auf, und bewahren Sie sie sicher auf.
continue = Weiter

# Ein vergessenes Passwort
forgot-password = Passwort vergessen?
reset-intro = Geben Sie Ihren Benutzernamen oder Ihre E-Mail-Adresse ein. Sie erhalten eine E-Mail, mit der Sie sich wieder anmelden können.
username-or-address = Benutzername oder E-Mail-Adresse
reset-send = E-Mail anfordern
choose-password = Neues Passwort wählen
choose-password-button = Neues Passwort speichern
reset-requested = Gibt es ein Konto dieses Namens mit einer E-Mail-Adresse, dann ist eine E-Mail dorthin unterwegs. Kommt in den nächsten Minuten nichts an, dann sehen Sie im Spam-Ordner nach, oder fragen Sie Ihre Administration.
    .title = Sehen Sie in Ihrem Postfach nach
reset-link-invalid = Der Link wurde schon benutzt, durch einen neueren ersetzt oder ist älter als eine Stunde. Fordern Sie eine neue E-Mail an.
    .title = Dieser Link gilt nicht mehr
password-reset-done = Ihr neues Passwort gilt ab sofort. Sie wurden überall abgemeldet. Melden Sie sich mit dem neuen Passwort an.
    .title = Passwort geändert
password-elsewhere = Das Passwort dieses Kontos führt das Verzeichnis Ihrer Organisation. Ändern Sie es dort.
    .title = Ihr Passwort wird anderswo geführt
reset-unavailable = Hier werden für vergessene Passwörter keine E-Mails verschickt. Bitten Sie Ihre Administration um ein neues Passwort.
    .title = Hier nicht eingerichtet

# E-Mails
notice-password-changed =
    Guten Tag { $username }

    Das Passwort Ihres Kontos { $username } auf { $site } wurde geändert.

    Waren Sie das selbst, so ist nichts zu tun.

    Waren Sie es nicht, dann melden Sie es Ihrer Administration, und fordern Sie sofort ein neues Passwort an:
    { $site }/loginresetpassword
    .subject = Ihr Passwort wurde geändert

# Anmelden bei einem anderen Dienst
log-in-elsewhere = Mit dem Konto Ihrer Organisation anmelden
log-in-there = Sie melden sich mit dem Konto Ihrer Organisation an.
    .title = Anmelden
logged-in-there = Sie sind als { $username } angemeldet.
    .title = Angemeldet
passwords-elsewhere = Hier wird kein Passwort angenommen. Sie melden sich mit dem Konto Ihrer Organisation an.
    .title = Anmeldung anderswo
provider-login-over = Diese Anmeldung hat zu lange gedauert, ist schon abgeschlossen, oder ein anderes Fenster ist an ihre Stelle getreten. Cookies müssen erlaubt sein. Melden Sie sich noch einmal an.
    .title = Bitte noch einmal anmelden
provider-refused = Der Anmeldedienst Ihrer Organisation hat Sie nicht angemeldet. Versuchen Sie es noch einmal, oder wenden Sie sich an Ihre Administration.
    .title = Nicht angemeldet
no-account = Der Anmeldedienst Ihrer Organisation kennt Sie, aber hier gibt es kein Konto, das Sie benutzen können. Wenden Sie sich an Ihre Administration.
    .title = Kein Konto hier

# Wer nicht weiterkommt
not-logged-in = Melden Sie sich an, um fortzufahren. Wurde Ihr Passwort von der Administration gesetzt oder ist Ihr zweiter Faktor noch nicht eingerichtet, so führt die Anmeldeseite Sie zuerst dadurch.
    .title = Sie sind nicht angemeldet

# Das eigene Konto
account = Ihr Konto
display-name = Name
email = E-Mail-Adresse
roles = Rollen
source = So melden Sie sich an
source-directory = Mit Benutzername und Passwort
source-ldap = Mit dem Passwort aus dem Verzeichnis Ihrer Organisation
source-trusted-header = Ihre Organisation meldet Sie an
source-openid-connect = Mit dem Konto Ihrer Organisation
last-login = Letzte Anmeldung
moment = { $day } um { $time } UTC
log-out = Abmelden
sessions = Programme mit Zugriff
sessions-none = Kein Programm hat in Ihrem Namen Zugriff.
sessions-intro = Diesen Programmen haben Sie erlaubt, in Ihrem Namen zu handeln. Browser, in denen Sie angemeldet sind, stehen nicht in der Liste.
session-resource = Nur für { $place }
session-since = Seit
session-renewed = Zuletzt erneuert
session-until = Endet ohne Erneuerung
session-revoke = Zugriff beenden
session-ended = Das Programm hat keinen Zugriff mehr. Bis es das merkt, kann es zehn Sekunden dauern.
sessions-more = Weitere Programme
recovery-codes-left = Übrige Wiederherstellungscodes: { $count }
recovery-codes-renew-intro = Sie können zehn neue Wiederherstellungscodes erhalten. Die alten gelten dann nicht mehr.
recovery-codes-renew = Neue Wiederherstellungscodes erstellen
recovery-codes-renewed = Die alten Wiederherstellungscodes gelten nicht mehr. Verlieren Sie Ihr Telefon, so ersetzt einer dieser neuen Codes den Code der App. Jeder gilt für eine Anmeldung.
    .title = Bewahren Sie Ihre neuen Wiederherstellungs{"\u00AD"}codes auf
end-sessions = Überall abmelden
end-sessions-intro = Beendet alle Ihre Anmeldungen auf einmal: in jedem Browser, auch in diesem, und den Zugriff jedes Programms. Danach melden Sie sich wieder an.

# QGIS
qgis = Zwei Arten von Dateien machen QGIS Desktop mit diesem Portal bekannt: wie man sich anmeldet, und wo seine Karten und Daten sind. Dazu braucht es QGIS 3.20 oder neuer.
    .title = QGIS einrichten
qgis-no-capabilities = Dieses Portal sagt QGIS nicht, welche Layer es gibt; QGIS kann sie also nicht auflisten. Fragen Sie Ihre Administration.
qgis-authentication = Die Anmeldung
qgis-client = Programm (OAuth2-Client)
qgis-public-client = { $client } (ohne Geheimnis, QGIS 3.34 oder neuer)
qgis-client-hint = Welches das richtige ist und sein Geheimnis erfahren Sie von Ihrer Administration.
qgis-secret = Geheimnis des Programms
qgis-secret-hint = Es kommt in die Datei und wird hier nicht aufbewahrt. Lassen Sie es leer, um es später in QGIS einzugeben.
qgis-download-authentication = Anmeldung herunterladen
qgis-import-authentication = In QGIS: Einstellungen → Optionen → Authentifizierung, dort „Authentifizierungskonfigurationen aus Datei importieren“. Löschen Sie danach die Datei, wenn das Geheimnis darin steht.
qgis-no-client = Hier ist kein Programm registriert, mit dem QGIS sich anmelden könnte. Fragen Sie Ihre Administration.
qgis-connections = Karten und Daten
qgis-download-wms = WMS herunterladen
qgis-download-wfs = WFS herunterladen
qgis-import-connections = In QGIS: Layer → Datenquellenverwaltung. Drücken Sie für die erste Datei auf der Seite WMS/WMTS auf „Laden“, für die zweite auf der Seite WFS.
qgis-no-server = Es gibt hier keine Karten, die Sie sehen dürfen.
qgis-connect = Verbinden
qgis-choose-authentication = Verbindungsdateien von QGIS sagen nicht, wie man sich anmeldet. Bearbeiten Sie deshalb jede neue Verbindung einmal, und wählen Sie unter „Authentifizierung“ die Anmeldung aus Schritt 1.
qgis-first-login = Wenn Sie dann verbinden, öffnet QGIS für die Anmeldung Ihren Browser und zeigt die Layer, die Ihnen zustehen.

# Was schiefgeht
form-expired = Dieses Formular ist zu alt, oder ein anderes Fenster hat es ersetzt. Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal. Cookies müssen erlaubt sein.
    .title = Formular nicht mehr gültig
foreign-origin = Das Formular wurde von einer anderen Website gesendet. Wenn Sie das nicht erwartet haben, schliessen Sie die Seite.
    .title = Abgelehnt
bad-request = Die Anfrage ist unvollständig oder falsch.
    .title = Das hat nicht geklappt
unauthorized = Sie sind nicht oder nicht mehr angemeldet. Melden Sie sich an und versuchen Sie es noch einmal.
    .title = Nicht angemeldet
forbidden = Dazu haben Sie kein Recht.
    .title = Abgelehnt
not-found = Unter dieser Adresse gibt es nichts.
    .title = Nicht gefunden
too-many-requests = Es gab zu viele Versuche in kurzer Zeit. Warten Sie einige Minuten, und versuchen Sie es dann wieder.
    .title = Bitte warten
unavailable = Etwas, das dieser Dienst braucht, antwortet nicht. Bitte versuchen Sie es gleich noch einmal.
    .title = Im Moment nicht verfügbar

# Programme, die um Zugriff bitten (OAuth 2.0)
unknown-client = Das Programm, das Sie hierher geschickt hat, ist nicht bekannt. Prüfen Sie die Client-ID in seinen Einstellungen, oder fragen Sie Ihre Administration.
    .title = Unbekanntes Programm
unknown-redirect = Das Programm, das Sie hierher geschickt hat, nannte eine Rücksprungadresse, die für es nicht registriert ist. Prüfen Sie die Redirect-URL in seinen Einstellungen, oder fragen Sie Ihre Administration.
    .title = Falsche Rücksprungadresse
restart-qgis = QGIS kann die Antwort nicht mehr empfangen, weil eine frühere Anmeldung nicht beendet wurde. Beenden Sie QGIS, starten Sie es neu und verbinden Sie sich noch einmal.
    .title = Bitte QGIS neu starten
consent = { $client } möchte in Ihrem Namen zugreifen, { $username }. Erlauben Sie das nur, wenn Sie es eben selbst verlangt haben.
    .title = Zugriff erlauben?
access = Das Programm kann dann:
scope-map = die Karten und Daten sehen, die Sie sehen dürfen
scope-openid = Ihr Konto wiedererkennen
scope-profile = Ihren Namen, Ihren Benutzernamen und Ihre Rollen lesen
scope-email = Ihre E-Mail-Adresse lesen
scope-admin = Benutzer, Rollen und Karten in Ihrem Namen verwalten
leads-site = Die Antwort geht an { $place }.
leads-program = Die Antwort geht an ein Programm auf Ihrem Gerät ({ $place }).
other-login = Als jemand anderes anmelden
post-back-site = Mit der Schaltfläche geht es weiter zu { $place }.
    .title = Fast fertig
post-back-program = Mit der Schaltfläche geht es weiter zum Programm auf Ihrem Gerät ({ $place }).
allow = Erlauben
refuse = Ablehnen
