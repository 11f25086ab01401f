# Ogni pagina
languages = Lingua
title-with-error = Errore: { $title }

# Accesso
log-in = Accedi
username = Nome utente
password = Password
logged-in-as = Accesso effettuato come { $username }. Acceda qui sotto per cambiare utente.
continue-to = Dopo l’accesso si prosegue verso { $client }.
wrong-login =
    { $code ->
        [asked] Il nome utente, la password o il codice non è corretto, oppure l’account non è utilizzabile.
       *[none] Il nome utente o la password non è corretta, oppure l’account non è utilizzabile.
    }
wrong-code = Il codice non è corretto o è già stato usato, oppure l’account non è utilizzabile.
missing-username = Inserisca il nome utente.
missing-password = Inserisca la password.
code = Codice
code-hint-login = Dalla sua app di autenticazione, oppure uno dei suoi codici di recupero. Al primo accesso lasci il campo vuoto.
code-hint = Dalla sua app di autenticazione, oppure uno dei suoi codici di recupero. Ogni codice vale una sola volta: se ne ha appena usato uno, attenda che l’app mostri il successivo.
missing-code = Inserisca il codice della sua app di autenticazione.

# Cambio della password
change-password = Cambia password
password-for = Nuova password per { $username }.
must-change-password = La sua password è stata impostata da un amministratore. Ne scelga una propria prima di proseguire.
old-password = Password attuale
new-password = Nuova password
new-password-hint = Almeno 8 caratteri. Più parole formano una password sicura e facile da ricordare.
confirm-password = Nuova password, ancora una volta
wrong-old-password =
    { $code ->
        [asked] Il nome utente, la password attuale o il codice non è corretto, oppure l’account non è utilizzabile.
       *[none] Il nome utente o la password attuale non è corretta, oppure l’account non è utilizzabile.
    }
missing-field = Compili questo campo.
passwords-differ = Le due nuove password non coincidono.
password-too-short = La nuova password è troppo corta: almeno 8 caratteri.
password-too-long = La nuova password è troppo lunga: al massimo 256 caratteri.
password-is-old = La nuova password è quella attuale. Ne scelga un’altra.
password-is-username = La nuova password è il nome utente. Ne scelga un’altra.
password-is-common = La nuova password è tra le più comuni. Ne scelga un’altra.
password-changed = La nuova password vale da subito. Le altre sessioni sono state chiuse ovunque.
    .title = Password cambiata

# Il secondo fattore
second-factor = Secondo fattore
password-and-second-factor = Password e secondo fattore
account-of = Account di { $username }.
must-enrol = Le serve anche un codice di un’app di autenticazione. La configura una volta sola.
enrol-app = Apra un’app di autenticazione sul suo telefono. Va bene qualunque app che mostri codici di sei cifre, per esempio FreeOTP, Google Authenticator o Microsoft Authenticator.
enrol-scan = Scansioni questo codice QR con l’app.
qr-code = Codice QR per la sua app di autenticazione. La chiave qui sotto dice lo stesso.
enrol-type = Oppure inserisca questa chiave nell’app:
enrol-open = Apri in un’app di questo dispositivo
enrol-code = Inserisca il codice che l’app mostra.
code-hint-enrol = Sei cifre. L’app mostra un codice nuovo ogni 30 secondi.
enrolment-over = La chiave di quella pagina aveva più di un giorno e non vale più. Acceda di nuovo per riceverne un’altra.
finish = Concludi
recovery-codes = Il secondo fattore è configurato. Se perde il telefono, uno di questi codici sostituisce quello dell’app. Ciascuno vale per un solo accesso.
    .title = Conservi i suoi codici di recupero
recovery-codes-once = Vengono mostrati solo questa volta. Li stampi o li annoti, e li conservi in un luogo sicuro.
continue = Continua

# Una password dimenticata
forgot-password = Password dimenticata?
reset-intro = Inserisca il nome utente o l’indirizzo e-mail. Riceverà un’e-mail con cui potrà di nuovo accedere.
username-or-address = Nome utente o indirizzo e-mail
reset-send = Richiedi l’e-mail
choose-password = Scelga una nuova password
choose-password-button = Salva la nuova password
reset-requested = Se esiste un account con questo nome e un indirizzo e-mail, le è stata inviata un’e-mail. Se entro qualche minuto non arriva nulla, guardi nella posta indesiderata, o chieda all’amministratore.
    .title = Guardi nella sua casella di posta
reset-link-invalid = Il link è già stato usato, sostituito da uno più recente o ha più di un’ora. Richieda una nuova e-mail.
    .title = Questo link non è più valido
password-reset-done = La nuova password vale da subito. Tutte le sessioni sono state chiuse. Acceda con la nuova password.
    .title = Password cambiata
password-elsewhere = La password di questo account è gestita dalla directory della sua organizzazione. La cambi lì.
    .title = La sua password è gestita altrove
reset-unavailable = Questo sito non invia e-mail per le password dimenticate. Chieda una nuova password all’amministratore.
    .title = Non disponibile qui

# E-mail
notice-password-changed =
    Buongiorno { $username }

    La password del suo account { $username } su { $site } è stata cambiata.

    Se è stato lei, non c’è nulla da fare.

    Se non è stato lei, avvisi l’amministratore, e richieda subito una nuova password:
    { $site }/loginresetpassword
    .subject = La sua password è stata cambiata

# L’accesso presso un altro fornitore
log-in-elsewhere = Accedere con l’account della sua organizzazione
log-in-there = Acceda con l’account della sua organizzazione.
    .title = Accesso
logged-in-there = Accesso effettuato come { $username }.
    .title = Accesso effettuato
passwords-elsewhere = Qui non si accettano password. Acceda con l’account della sua organizzazione.
    .title = Accesso altrove
provider-login-over = Questo accesso è durato troppo, è già concluso, oppure un’altra finestra ne ha preso il posto. I cookie devono essere ammessi. Acceda di nuovo.
    .title = Acceda di nuovo
provider-refused = Il servizio di accesso della sua organizzazione non ha concesso l’accesso. Riprovi, oppure si rivolga all’amministratore.
    .title = Accesso non effettuato
no-account = Il servizio di accesso della sua organizzazione la conosce, ma qui non c’è un account che possa usare. Si rivolga all’amministratore.
    .title = Nessun account qui

# Chi non può proseguire
not-logged-in = Per continuare, acceda. Se la password è stata impostata da un amministratore o il secondo fattore non è ancora configurato, la pagina di accesso la guida prima attraverso questo passo.
    .title = Accesso non effettuato

# Il proprio account
account = Il suo account
display-name = Nome
email = Indirizzo e-mail
roles = Ruoli
source = Come accede
source-directory = Con nome utente e password
source-ldap = Con la password della directory della sua organizzazione
source-trusted-header = L’accesso è dato dalla sua organizzazione
source-openid-connect = Con l’account della sua organizzazione
last-login = Ultimo accesso
moment = { $day } alle { $time } UTC
log-out = Esci
sessions = Programmi con accesso
sessions-none = Nessun programma ha accesso a suo nome.
sessions-intro = A questi programmi ha consentito di agire a suo nome. I browser in cui ha effettuato l’accesso non sono nell’elenco.
session-resource = Solo per { $place }
session-since = Dal
session-renewed = Ultimo rinnovo
session-until = Termina senza rinnovo
session-revoke = Termina l’accesso
session-ended = Il programma non ha più accesso. Possono passare dieci secondi prima che se ne accorga.
sessions-more = Altri programmi
recovery-codes-left = Codici di recupero rimasti: { $count }
recovery-codes-renew-intro = Può avere dieci nuovi codici di recupero. Quelli vecchi allora non varranno più.
recovery-codes-renew = Crea nuovi codici di recupero
recovery-codes-renewed = I vecchi codici di recupero non valgono più. Se perde il telefono, uno di questi nuovi codici sostituisce quello dell’app. Ciascuno vale per un solo accesso.
    .title = Conservi i suoi nuovi codici di recupero
end-sessions = Esci ovunque
end-sessions-intro = Chiude in una volta tutti i suoi accessi: in ogni browser, anche in questo, e l’accesso di ogni programma. Poi acceda di nuovo.

# QGIS
qgis = Due tipi di file fanno conoscere questo portale a QGIS Desktop: come accedere, e dove sono le mappe e i dati. Serve QGIS 3.20 o più recente.
    .title = Configurare QGIS
qgis-no-capabilities = Questo portale non dice a QGIS quali layer ci sono, perciò QGIS non può elencarli. Chieda all’amministratore.
qgis-authentication = L’accesso
qgis-client = Programma (client OAuth2)
qgis-public-client = { $client } (senza segreto, QGIS 3.34 o più recente)
qgis-client-hint = Quale scegliere, e il suo segreto, glielo dice l’amministratore.
qgis-secret = Segreto del programma
qgis-secret-hint = Viene scritto nel file e non è conservato qui. Lo lasci vuoto per inserirlo più tardi in QGIS.
qgis-download-authentication = Scarica l’accesso
qgis-import-authentication = In QGIS: Impostazioni → Opzioni → Autenticazione, e lì «Importa configurazioni di autenticazione da file». Poi elimini il file, se contiene il segreto.
qgis-no-client = Qui non è registrato alcun programma con cui QGIS possa accedere. Chieda all’amministratore.
qgis-connections = Mappe e dati
qgis-download-wms = Scarica WMS
qgis-download-wfs = Scarica WFS
qgis-import-connections = In QGIS: Layer → Gestore delle Sorgenti Dati. Prema «Carica» nella pagina WMS/WMTS per il primo file, e nella pagina WFS per il secondo.
qgis-no-server = Qui non ci sono mappe che lei possa vedere.
qgis-connect = Collegarsi
qgis-choose-authentication = I file di connessione di QGIS non dicono come accedere. Modifichi perciò una volta ogni nuova connessione, e scelga l’accesso del passo 1 sotto «Autenticazione».
qgis-first-login = Quando poi si collega, QGIS apre il browser per l’accesso, e mostra i layer che le spettano.

# Che cosa va storto
form-expired = Questo modulo è troppo vecchio, o un’altra finestra l’ha sostituito. Torni indietro, ricarichi la pagina e riprovi. I cookie devono essere consentiti.
    .title = Modulo non utilizzabile
foreign-origin = Il modulo è stato inviato da un altro sito. Se non se lo aspettava, chiuda la pagina.
    .title = Rifiutato
bad-request = La richiesta è incompleta o errata.
    .title = Non ha funzionato
unauthorized = L’accesso manca o non è più valido. Acceda e riprovi.
    .title = Accesso non effettuato
forbidden = Non ha il diritto di farlo.
    .title = Rifiutato
not-found = A questo indirizzo non c’è nulla.
    .title = Non trovato
too-many-requests = Ci sono stati troppi tentativi in poco tempo. Attenda qualche minuto, poi riprovi.
    .title = Attenda, prego
unavailable = Qualcosa di cui questo servizio ha bisogno non risponde. Riprovi tra un momento.
    .title = Al momento non disponibile

# Programmi che chiedono l’accesso (OAuth 2.0)
unknown-client = Il programma da cui proviene non è conosciuto. Controlli l’ID client nelle sue impostazioni, o chieda all’amministratore.
    .title = Programma sconosciuto
unknown-redirect = Il programma da cui proviene ha indicato un indirizzo di ritorno non registrato. Controlli l’URL di reindirizzamento nelle sue impostazioni, o chieda all’amministratore.
    .title = Indirizzo di ritorno errato
restart-qgis = QGIS non può più ricevere la risposta, perché un accesso precedente non è stato concluso. Chiuda QGIS, lo riavvii e si colleghi di nuovo.
    .title = Riavviare QGIS
consent = { $client } chiede di accedere a suo nome, { $username }. Lo consenta solo se lo ha appena chiesto lei.
    .title = Consentire l’accesso?
access = Il programma potrà quindi:
scope-map = vedere le mappe e i dati che lei può vedere
scope-openid = riconoscere il suo account
scope-profile = leggere il suo nome, il suo nome utente e i suoi ruoli
scope-email = leggere il suo indirizzo e-mail
scope-admin = gestire utenti, ruoli e mappe a suo nome
leads-site = La risposta va a { $place }.
leads-program = La risposta va a un programma sul suo dispositivo ({ $place }).
other-login = Accedere come un’altra persona
post-back-site = Prema il pulsante per proseguire verso { $place }.
    .title = Quasi fatto
post-back-program = Prema il pulsante per proseguire verso il programma sul suo dispositivo ({ $place }).
allow = Consenti
refuse = Rifiuta
