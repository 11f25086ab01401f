# Accesso
log-in = Accedi
username = Nome utente
password = Password
logged-in-as = Accesso effettuato come { $username }. Acceda qui sotto per cambiare utente.
continue-to = Dopo l’accesso si prosegue verso { $client }.
wrong-login = Il nome utente o la password non è corretta, oppure l’account non è utilizzabile.
missing-username = Inserisca il nome utente.
missing-password = Inserisca la password.

# Cambio della password
change-password = Cambia password
password-for = Nuova password per { $username }.
must-change-password = La sua password è stata impostata da un amministratore. Ne scelga una propria prima di proseguire.
old-password = Password attuale
new-password = Nuova password
new-password-hint = Almeno 8 caratteri. Più parole formano una password sicura e facile da ricordare.
confirm-password = Nuova password, ancora una volta
wrong-old-password = Il nome utente o la password attuale non è corretta, oppure l’account non è utilizzabile.
missing-field = Compili questo campo.
passwords-differ = Le due nuove password non coincidono.
password-too-short = La nuova password è troppo corta: almeno 8 caratteri.
password-too-long = La nuova password è troppo lunga: al massimo 256 caratteri.
password-is-old = La nuova password è quella attuale. Ne scelga un’altra.
password-is-username = La nuova password è il nome utente. Ne scelga un’altra.
password-is-common = La nuova password è tra le più comuni. Ne scelga un’altra.
password-changed = La nuova password vale da subito. Le altre sessioni sono state chiuse ovunque.
    .title = Password cambiata

# Chi non può proseguire
not-logged-in = Per proseguire, acceda. Se la sua password è stata impostata da un amministratore, prima la cambi.
    .title = Accesso non effettuato

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
unavailable = Qualcosa di cui questo servizio ha bisogno non risponde. Riprovi tra un momento.
    .title = Al momento non disponibile

# Programmi che chiedono l’accesso (OAuth 2.0)
unknown-client = Il programma da cui proviene non è conosciuto. Controlli l’ID client nelle sue impostazioni, o chieda all’amministratore.
    .title = Programma sconosciuto
unknown-redirect = Il programma da cui proviene ha indicato un indirizzo di ritorno non registrato. Controlli l’URL di reindirizzamento nelle sue impostazioni, o chieda all’amministratore.
    .title = Indirizzo di ritorno errato
restart-qgis = QGIS non può più ricevere la risposta, perché un accesso precedente non è stato concluso. Chiuda QGIS, lo riavvii e si colleghi di nuovo.
    .title = Riavviare QGIS
consent = { $client } vuole vedere mappe e dati a suo nome, { $username }. Lo consenta solo se lo ha appena chiesto lei.
    .title = Consentire l’accesso?
allow = Consenti
refuse = Rifiuta
