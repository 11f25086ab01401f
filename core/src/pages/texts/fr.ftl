# Chaque page
languages = Langue
title-with-error = Erreur : { $title }

# Connexion
log-in = Se connecter
username = Nom d’utilisateur
password = Mot de passe
logged-in-as = Vous êtes connecté en tant que { $username }. Connectez-vous ci-dessous pour changer d’utilisateur.
continue-to = Après la connexion, vous continuerez vers { $client }.
wrong-login =
    { $code ->
        [asked] Le nom d’utilisateur, le mot de passe ou le code est incorrect, ou le compte n’est pas utilisable.
       *[none] Le nom d’utilisateur ou le mot de passe est incorrect, ou le compte n’est pas utilisable.
    }
wrong-code = Le code est incorrect ou a déjà servi, ou le compte n’est pas utilisable.
missing-username = Saisissez votre nom d’utilisateur.
missing-password = Saisissez votre mot de passe.
code = Code
code-hint-login = De votre application d’authentification, ou l’un de vos codes de secours. À la première connexion, laissez vide.
code-hint = De votre application d’authentification, ou l’un de vos codes de secours. Chaque code ne sert qu’une fois : si vous venez d’en utiliser un, attendez que l’application affiche le suivant.
missing-code = Saisissez le code de votre application d’authentification.

# Changement du mot de passe
change-password = Changer le mot de passe
password-for = Nouveau mot de passe pour { $username }.
must-change-password = Votre mot de passe a été défini par un administrateur. Choisissez-en un vous-même avant de continuer.
old-password = Mot de passe actuel
new-password = Nouveau mot de passe
new-password-hint = Au moins 8 caractères. Plusieurs mots forment un mot de passe à la fois sûr et facile à retenir.
confirm-password = Nouveau mot de passe, encore une fois
wrong-old-password =
    { $code ->
        [asked] Le nom d’utilisateur, le mot de passe actuel ou le code est incorrect, ou le compte n’est pas utilisable.
       *[none] Le nom d’utilisateur ou le mot de passe actuel est incorrect, ou le compte n’est pas utilisable.
    }
missing-field = Remplissez ce champ.
passwords-differ = Les deux nouveaux mots de passe ne sont pas identiques.
password-too-short = Le nouveau mot de passe est trop court : au moins 8 caractères.
password-too-long = Le nouveau mot de passe est trop long : au plus 256 caractères.
password-is-old = Le nouveau mot de passe est le même que l’actuel. Choisissez-en un autre.
password-is-username = Le nouveau mot de passe est le nom d’utilisateur. Choisissez-en un autre.
password-is-common = Le nouveau mot de passe est l’un des plus courants. Choisissez-en un autre.
password-changed = Votre nouveau mot de passe est valable dès maintenant. Vous avez été déconnecté partout ailleurs.
    .title = Mot de passe changé

# Le second facteur
second-factor = Second facteur
password-and-second-factor = Mot de passe et second facteur
account-of = Compte de { $username }.
must-enrol = Il vous faut aussi un code d’une application d’authentification. Vous ne la configurez qu’une fois.
enrol-app = Ouvrez une application d’authentification sur votre téléphone. Toutes celles qui affichent des codes à six chiffres conviennent, par exemple FreeOTP, Google Authenticator ou Microsoft Authenticator.
enrol-scan = Scannez ce code QR avec elle.
qr-code = Code QR pour votre application d’authentification. La clé ci-dessous dit la même chose.
enrol-type = Ou saisissez cette clé dans l’application :
enrol-open = Ouvrir dans une application de cet appareil
enrol-code = Saisissez le code que l’application affiche.
code-hint-enrol = Six chiffres. L’application affiche un nouveau code toutes les 30 secondes.
enrolment-over = La clé de cette page avait plus d’un jour et n’est plus valable. Connectez-vous à nouveau pour en obtenir une autre.
finish = Terminer
recovery-codes = Votre second facteur est configuré. Si vous perdez votre téléphone, l’un de ces codes remplace celui de l’application. Chacun est valable pour une seule connexion.
    .title = Conservez vos codes de secours
recovery-codes-once = Ils ne sont affichés que cette fois. Imprimez-les ou notez-les, et conservez-les en lieu sûr.
continue = Continuer

# Un mot de passe oublié
forgot-password = Mot de passe oublié ?
reset-intro = Saisissez votre nom d’utilisateur ou votre adresse e-mail. Vous recevrez un e-mail qui vous permettra de vous reconnecter.
username-or-address = Nom d’utilisateur ou adresse e-mail
reset-send = Demander l’e-mail
choose-password = Choisir un nouveau mot de passe
choose-password-button = Enregistrer le mot de passe
reset-requested = S’il existe un compte de ce nom qui a une adresse e-mail, un e-mail lui a été envoyé. Si rien n’arrive dans les prochaines minutes, regardez dans les courriers indésirables, ou demandez à votre administrateur.
    .title = Consultez votre messagerie
reset-link-invalid = Le lien a déjà servi, a été remplacé par un plus récent, ou date de plus d’une heure. Demandez un nouvel e-mail.
    .title = Ce lien n’est plus valable
password-reset-done = Votre nouveau mot de passe est valable dès maintenant. Vous avez été déconnecté partout. Connectez-vous avec le nouveau mot de passe.
    .title = Mot de passe changé
password-elsewhere = Le mot de passe de ce compte est géré par l’annuaire de votre organisation. Changez-le là-bas.
    .title = Votre mot de passe est géré ailleurs
reset-unavailable = Ce site n’envoie pas d’e-mail pour les mots de passe oubliés. Demandez un nouveau mot de passe à votre administrateur.
    .title = Non disponible ici

# E-mails
notice-password-changed =
    Bonjour { $username }

    Le mot de passe de votre compte { $username } sur { $site } a été changé.

    Si c’était vous, il n’y a rien à faire.

    Sinon, prévenez votre administrateur, et demandez tout de suite un nouveau mot de passe :
    { $site }/loginresetpassword
    .subject = Votre mot de passe a été changé

# La connexion chez un autre fournisseur
log-in-elsewhere = Se connecter avec le compte de votre organisation
log-in-there = Vous vous connectez avec le compte de votre organisation.
    .title = Se connecter
logged-in-there = Vous êtes connecté en tant que { $username }.
    .title = Connecté
passwords-elsewhere = Aucun mot de passe n’est accepté ici. Vous vous connectez avec le compte de votre organisation.
    .title = Connexion ailleurs
provider-login-over = Cette connexion a duré trop longtemps, est déjà terminée, ou une autre fenêtre l’a remplacée. Les cookies doivent être autorisés. Connectez-vous à nouveau.
    .title = Veuillez vous reconnecter
provider-refused = Le service de connexion de votre organisation ne vous a pas connecté. Réessayez, ou adressez-vous à votre administrateur.
    .title = Non connecté
no-account = Le service de connexion de votre organisation vous connaît, mais il n’y a pas ici de compte que vous puissiez utiliser. Adressez-vous à votre administrateur.
    .title = Pas de compte ici

# Qui ne peut pas continuer
not-logged-in = Pour continuer, connectez-vous. Si votre mot de passe a été défini par un administrateur ou si votre second facteur n’est pas encore configuré, la page de connexion vous guide d’abord.
    .title = Vous n’êtes pas connecté

# Son propre compte
account = Votre compte
display-name = Nom
email = Adresse e-mail
roles = Rôles
source = Comment vous vous connectez
source-directory = Avec nom d’utilisateur et mot de passe
source-ldap = Avec le mot de passe de l’annuaire de votre organisation
source-trusted-header = Votre organisation vous connecte
source-openid-connect = Avec le compte de votre organisation
last-login = Dernière connexion
moment = { $day } à { $time } UTC
log-out = Se déconnecter
sessions = Programmes ayant accès
sessions-none = Aucun programme n’a accès en votre nom.
sessions-intro = Vous avez autorisé ces programmes à agir en votre nom. Les navigateurs dans lesquels vous êtes connecté ne figurent pas dans la liste.
session-resource = Seulement pour { $place }
session-since = Depuis
session-renewed = Dernier renouvellement
session-until = Prend fin sans renouvellement
session-revoke = Mettre fin à l’accès
session-ended = Le programme n’a plus accès. Il peut se passer dix secondes avant qu’il le remarque.
sessions-more = Autres programmes
recovery-codes-left = Codes de secours restants : { $count }
recovery-codes-renew-intro = Vous pouvez obtenir dix nouveaux codes de secours. Les anciens ne seront alors plus valables.
recovery-codes-renew = Créer de nouveaux codes de secours
recovery-codes-renewed = Les anciens codes de secours ne sont plus valables. Si vous perdez votre téléphone, l’un de ces nouveaux codes remplace celui de l’application. Chacun est valable pour une seule connexion.
    .title = Conservez vos nouveaux codes de secours
end-sessions = Se déconnecter partout
end-sessions-intro = Met fin d’un coup à toutes vos connexions : dans chaque navigateur, celui-ci compris, et à l’accès de chaque programme. Connectez-vous ensuite à nouveau.

# QGIS
qgis = Deux sortes de fichiers font connaître ce portail à QGIS Desktop : comment se connecter, et où sont les cartes et les données. Il faut QGIS 3.20 ou plus récent.
    .title = Configurer QGIS
qgis-no-capabilities = Ce portail n’indique pas à QGIS quelles couches existent, QGIS ne peut donc pas les lister. Demandez à votre administrateur.
qgis-authentication = La connexion
qgis-client = Programme (client OAuth2)
qgis-public-client = { $client } (sans secret, QGIS 3.34 ou plus récent)
qgis-client-hint = Votre administrateur vous dit lequel prendre, et son secret.
qgis-secret = Secret du programme
qgis-secret-hint = Il est écrit dans le fichier et n’est pas conservé ici. Laissez vide pour le saisir plus tard dans QGIS.
qgis-download-authentication = Télécharger la connexion
qgis-import-authentication = Dans QGIS : Préférences → Options → Authentification, puis « Importer les configurations d’authentification depuis un fichier ». Supprimez ensuite le fichier si le secret s’y trouve.
qgis-no-client = Aucun programme n’est enregistré ici avec lequel QGIS pourrait se connecter. Demandez à votre administrateur.
qgis-connections = Cartes et données
qgis-download-wms = Télécharger WMS
qgis-download-wfs = Télécharger WFS
qgis-import-connections = Dans QGIS : Couche → Gestionnaire des sources de données. Appuyez sur « Charger » à la page WMS/WMTS pour le premier fichier, et à la page WFS pour le second.
qgis-no-server = Il n’y a pas ici de cartes que vous puissiez voir.
qgis-connect = Se connecter depuis QGIS
qgis-choose-authentication = Les fichiers de connexions de QGIS ne disent pas comment s’authentifier. Modifiez donc une fois chaque nouvelle connexion, et choisissez celle de l’étape 1 sous « Authentification ».
qgis-first-login = Quand vous vous connectez ensuite, QGIS ouvre votre navigateur pour l’identification, puis montre les couches qui sont les vôtres.

# Ce qui échoue
form-expired = Ce formulaire est trop ancien, ou une autre fenêtre l’a remplacé. Revenez en arrière, rechargez la page et réessayez. Les cookies doivent être autorisés.
    .title = Formulaire inutilisable
foreign-origin = Le formulaire a été envoyé depuis un autre site. Si vous ne vous y attendiez pas, fermez la page.
    .title = Refusé
bad-request = La demande est incomplète ou incorrecte.
    .title = Cela n’a pas fonctionné
unauthorized = Vous n’êtes pas connecté, ou plus. Connectez-vous et réessayez.
    .title = Non connecté
forbidden = Vous n’avez pas le droit de faire cela.
    .title = Refusé
not-found = Il n’y a rien à cette adresse.
    .title = Introuvable
too-many-requests = Il y a eu trop d’essais en peu de temps. Attendez quelques minutes, puis réessayez.
    .title = Veuillez patienter
unavailable = Un élément nécessaire à ce service ne répond pas. Réessayez dans un instant.
    .title = Momentanément indisponible

# Programmes qui demandent un accès (OAuth 2.0)
unknown-client = Le programme qui vous a envoyé ici est inconnu. Vérifiez l’identifiant du client dans ses paramètres, ou demandez à votre administrateur.
    .title = Programme inconnu
unknown-redirect = Le programme qui vous a envoyé ici a donné une adresse de retour qui n’est pas enregistrée pour lui. Vérifiez l’URL de redirection dans ses paramètres, ou demandez à votre administrateur.
    .title = Adresse de retour incorrecte
restart-qgis = QGIS ne peut plus recevoir la réponse, car une connexion précédente n’a pas été terminée. Quittez QGIS, relancez-le et connectez-vous à nouveau.
    .title = Veuillez redémarrer QGIS
consent = { $client } demande un accès en votre nom, { $username }. N’acceptez que si vous venez de le demander vous-même.
    .title = Autoriser l’accès ?
access = Le programme pourra alors :
scope-map = voir les cartes et les données que vous pouvez voir
scope-openid = reconnaître votre compte
scope-profile = lire votre nom, votre nom d’utilisateur et vos rôles
scope-email = lire votre adresse e-mail
scope-admin = gérer les utilisateurs, les rôles et les cartes en votre nom
leads-site = La réponse va à { $place }.
leads-program = La réponse va à un programme sur votre appareil ({ $place }).
other-login = Se connecter avec un autre compte
post-back-site = Appuyez sur le bouton pour continuer vers { $place }.
    .title = C’est presque fini
post-back-program = Appuyez sur le bouton pour continuer vers le programme sur votre appareil ({ $place }).
allow = Autoriser
refuse = Refuser
