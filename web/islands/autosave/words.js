// SPDX-License-Identifier: EUPL-1.2

// What people read, in one place.

const ZONE = 'Europe/Paris';
const parts = (options, date) => new Intl.DateTimeFormat('fr-FR', { timeZone: ZONE, ...options }).format(date);

/** « 14 h 02 », with its day when that is not today. */
export function when(at) {
  const date = new Date(at);
  const [h, m] = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, hour: 'numeric', minute: '2-digit' }).format(date).split(':');
  const hour = `${Number(h)}\u00a0h\u00a0${m}`;
  const day = { day: 'numeric', month: 'long', year: 'numeric' };
  if (parts(day, date) === parts(day, new Date())) return hour;
  return `${hour} le ${parts({ day: 'numeric', month: 'long' }, date).replace(/^1 /, '1er ')}`;
}

export const words = {
  ready: 'Ce que vous tapez est gardé au fur et à mesure, comme brouillon visible de vous seul.',
  files: 'Les fichiers choisis ne sont pas gardés dans le brouillon : choisissez-les juste avant d’envoyer.',
  saved: (at) => `Enregistré à ${when(at)} comme brouillon. Rien n’est encore envoyé.`,
  local: (at, again) => `Gardé sur cet appareil à ${when(at)}, pas encore envoyé au service.${again ? ' Nouvel essai dès qu’il répond.' : ''}`,
  alarm: 'Votre saisie n’est pas enregistrée',
  keptHere: (at) => `Elle est gardée sur cet appareil (${when(at)}).`,
  keptNowhere: 'Cet appareil ne peut pas la garder non plus : copiez votre texte avant de quitter cette page.',
  expired: 'Votre session est terminée. Reconnectez-vous : vous retrouverez ici ce que vous avez tapé.',
  signIn: 'Se reconnecter',
  retry: 'Réessayer',
  notSent: 'Le formulaire n’est pas parti',
  noNetwork: 'Le réseau ou le service ne répond pas. Rien n’est perdu : votre saisie reste dans cette page.',
  sendAnyway: 'Envoyer quand même',
  restored: (at) => `Votre saisie (${when(at)}) a été reprise. Elle n’est pas encore envoyée.`,
  moved: 'Depuis, ce qui est enregistré a été modifié par ailleurs : comparez avant d’envoyer.',
  fresh: 'Repartir de la version enregistrée',
  aside: 'Cette page montre la version enregistrée. Votre saisie a été écartée.',
  takeBack: 'Reprendre la saisie écartée',
  mineWins: (at) => `Un autre onglet ou un autre appareil avait gardé une saisie différente (${when(at)}). Celle de cette page, plus récente, est gardée.`,
  otherWins: (at) => `Une saisie plus récente, faite dans un autre onglet ou sur un autre appareil (${when(at)}), a été reprise ici à la place de celle que cette page gardait.`,
  otherTab: (at) => `Ce formulaire est aussi ouvert dans un autre onglet, où une saisie plus récente est gardée (${when(at)}). Ce que vous tapez ici prendra sa place.`,
  takeOther: 'Reprendre l’autre saisie',
  accepted: (at) => `Ce formulaire a été envoyé depuis un autre onglet ou un autre appareil (${when(at)}). Votre saisie dans cette page n’en fait pas partie : vérifiez avant de l’envoyer.`,
  leaving: 'Une saisie de cette page n’est pas encore enregistrée. Se déconnecter quand même ? Elle sera effacée de cet appareil.',
};
