# Anmeldung
log-in = Anmelden
username = Benutzername
password = Passwort
logged-in-as = Sie sind als { $username } angemeldet. Melden Sie sich unten an, um den Benutzer zu wechseln.
continue-to = Nach der Anmeldung geht es weiter zu { $client }.
wrong-login = Benutzername oder Passwort ist falsch, oder das Konto kann nicht benutzt werden.
missing-username = Geben Sie Ihren Benutzernamen ein.
missing-password = Geben Sie Ihr Passwort ein.

# Passwort ändern
change-password = Passwort ändern
password-for = Neues Passwort für { $username }.
must-change-password = Ihr Passwort wurde von der Administration gesetzt. Wählen Sie ein eigenes, bevor es weitergeht.
old-password = Bisheriges Passwort
new-password = Neues Passwort
new-password-hint = Mindestens 8 Zeichen. Mehrere Wörter ergeben ein Passwort, das sicher und leicht zu merken ist.
confirm-password = Neues Passwort noch einmal
wrong-old-password = Benutzername oder bisheriges Passwort ist falsch, oder das Konto kann nicht benutzt werden.
missing-field = Füllen Sie dieses Feld aus.
passwords-differ = Die beiden neuen Passwörter sind nicht gleich.
password-too-short = Das neue Passwort ist zu kurz: mindestens 8 Zeichen.
password-too-long = Das neue Passwort ist zu lang: höchstens 256 Zeichen.
password-is-old = Das neue Passwort ist das bisherige. Wählen Sie ein anderes.
password-is-username = Das neue Passwort ist der Benutzername. Wählen Sie ein anderes.
password-is-common = Das neue Passwort gehört zu den häufigsten. Wählen Sie ein anderes.
password-changed = Ihr neues Passwort gilt ab sofort. Überall sonst wurden Sie abgemeldet.
    .title = Passwort geändert

# Wer nicht weiterkommt
not-logged-in = Melden Sie sich an, um fortzufahren. Wurde Ihr Passwort von der Administration gesetzt, dann ändern Sie es zuerst.
    .title = Sie sind nicht angemeldet

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
unavailable = Etwas, das dieser Dienst braucht, antwortet nicht. Bitte versuchen Sie es gleich noch einmal.
    .title = Im Moment nicht verfügbar

# Programme, die um Zugriff bitten (OAuth 2.0)
unknown-client = Das Programm, das Sie hierher geschickt hat, ist nicht bekannt. Prüfen Sie die Client-ID in seinen Einstellungen, oder fragen Sie Ihre Administration.
    .title = Unbekanntes Programm
unknown-redirect = Das Programm, das Sie hierher geschickt hat, nannte eine Rücksprungadresse, die für es nicht registriert ist. Prüfen Sie die Redirect-URL in seinen Einstellungen, oder fragen Sie Ihre Administration.
    .title = Falsche Rücksprungadresse
restart-qgis = QGIS kann die Antwort nicht mehr empfangen, weil eine frühere Anmeldung nicht beendet wurde. Beenden Sie QGIS, starten Sie es neu und verbinden Sie sich noch einmal.
    .title = Bitte QGIS neu starten
consent = { $client } möchte in Ihrem Namen, { $username }, Karten und Daten sehen. Erlauben Sie das nur, wenn Sie es eben selbst verlangt haben.
    .title = Zugriff erlauben?
allow = Erlauben
refuse = Ablehnen
