# Connexion
log-in = Se connecter
username = Nom d’utilisateur
password = Mot de passe
logged-in-as = Vous êtes connecté en tant que { $username }. Connectez-vous ci-dessous pour changer d’utilisateur.
continue-to = Après la connexion, vous continuerez vers { $client }.
wrong-login = Le nom d’utilisateur ou le mot de passe est incorrect, ou le compte n’est pas utilisable.
missing-username = Saisissez votre nom d’utilisateur.
missing-password = Saisissez votre mot de passe.

# Changement du mot de passe
change-password = Changer le mot de passe
password-for = Nouveau mot de passe pour { $username }.
must-change-password = Votre mot de passe a été défini par un administrateur. Choisissez-en un vous-même avant de continuer.
old-password = Mot de passe actuel
new-password = Nouveau mot de passe
new-password-hint = Au moins 8 caractères. Plusieurs mots forment un mot de passe à la fois sûr et facile à retenir.
confirm-password = Nouveau mot de passe, encore une fois
wrong-old-password = Le nom d’utilisateur ou le mot de passe actuel est incorrect, ou le compte n’est pas utilisable.
missing-field = Remplissez ce champ.
passwords-differ = Les deux nouveaux mots de passe ne sont pas identiques.
password-too-short = Le nouveau mot de passe est trop court : au moins 8 caractères.
password-too-long = Le nouveau mot de passe est trop long : au plus 256 caractères.
password-is-old = Le nouveau mot de passe est le même que l’actuel. Choisissez-en un autre.
password-is-username = Le nouveau mot de passe est le nom d’utilisateur. Choisissez-en un autre.
password-is-common = Le nouveau mot de passe est l’un des plus courants. Choisissez-en un autre.
password-changed = Votre nouveau mot de passe est valable dès maintenant. Vous avez été déconnecté partout ailleurs.
    .title = Mot de passe changé

# Qui ne peut pas continuer
not-logged-in = Connectez-vous pour continuer. Si votre mot de passe a été défini par un administrateur, changez-le d’abord.
    .title = Vous n’êtes pas connecté

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
unavailable = Un élément nécessaire à ce service ne répond pas. Réessayez dans un instant.
    .title = Momentanément indisponible

# Programmes qui demandent un accès (OAuth 2.0)
unknown-client = Le programme qui vous a envoyé ici est inconnu. Vérifiez l’identifiant du client dans ses paramètres, ou demandez à votre administrateur.
    .title = Programme inconnu
unknown-redirect = Le programme qui vous a envoyé ici a donné une adresse de retour qui n’est pas enregistrée pour lui. Vérifiez l’URL de redirection dans ses paramètres, ou demandez à votre administrateur.
    .title = Adresse de retour incorrecte
restart-qgis = QGIS ne peut plus recevoir la réponse, car une connexion précédente n’a pas été terminée. Quittez QGIS, relancez-le et connectez-vous à nouveau.
    .title = Veuillez redémarrer QGIS
consent = { $client } veut voir des cartes et des données en votre nom, { $username }. N’acceptez que si vous venez de le demander vous-même.
    .title = Autoriser l’accès ?
allow = Autoriser
refuse = Refuser
