// SPDX-License-Identifier: EUPL-1.2

// Passkeys: asks the server for a challenge, the authenticator for its answer, and sends it as the
// form would. Where the browser knows no passkeys the section stays hidden.

const texts = {
  refused: 'L’opération a été annulée ou a pris trop de temps. Rien n’a été modifié.',
  known: 'Cet appareil a déjà une clé d’accès pour votre compte.',
  failed: 'Le service n’a pas répondu. Rechargez la page, puis recommencez.',
};

if (window.PublicKeyCredential) {
  for (const section of document.querySelectorAll('[data-island="passkey"]')) {
    section.hidden = false;
    const form = section.querySelector('form');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      run(form);
    });
  }
}

async function run(form) {
  const button = form.querySelector('button');
  const say = form.querySelector('[role="alert"]');
  say.hidden = true;
  button.disabled = true;
  try {
    const options = await challenge(form.dataset.challenge);
    const made = 'create' in form.dataset ? await create(options) : await get(options);
    form.elements.reponse.value = JSON.stringify(made);
    form.submit();
  } catch (error) {
    say.textContent = { NotAllowedError: texts.refused, AbortError: texts.refused, InvalidStateError: texts.known }[error.name] ?? texts.failed;
    say.hidden = false;
    button.disabled = false;
  }
}

async function challenge(url) {
  const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, cache: 'no-store' });
  if (!answer.ok) throw new Error(`défi : ${answer.status}`);
  return answer.json();
}

async function create(options) {
  options.challenge = bytes(options.challenge);
  options.user.id = bytes(options.user.id);
  for (const known of options.excludeCredentials ?? []) known.id = bytes(known.id);
  const made = await navigator.credentials.create({ publicKey: options });
  return whole(made, {
    clientDataJSON: text(made.response.clientDataJSON),
    attestationObject: text(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function get(options) {
  options.challenge = bytes(options.challenge);
  for (const allowed of options.allowCredentials ?? []) allowed.id = bytes(allowed.id);
  const found = await navigator.credentials.get({ publicKey: options });
  return whole(found, {
    clientDataJSON: text(found.response.clientDataJSON),
    authenticatorData: text(found.response.authenticatorData),
    signature: text(found.response.signature),
    userHandle: found.response.userHandle ? text(found.response.userHandle) : undefined,
  });
}

function whole(credential, response) {
  return {
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined, clientExtensionResults: credential.getClientExtensionResults(),
  };
}

/** base64url, both ways. */
function bytes(value) {
  return Uint8Array.from(window.atob(value.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}

function text(buffer) {
  return window.btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
