// Passkeys: a form holds the page's question; the browser's answer goes back in it.
const bytes = text => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), each => each.charCodeAt(0));
const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function question(json) {
  const options = JSON.parse(json);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials]) {
    for (const each of list ?? []) each.id = bytes(each.id);
  }
  return options;
}

function answer(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: text(credential.rawId), type, response, clientExtensionResults: {} });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue; // the sentence beside it says so
  form.hidden = false;
  document.querySelectorAll("[data-no-passkey]").forEach(each => { each.hidden = true; });
  const failed = form.querySelector("[data-failed]");
  form.addEventListener("submit", async event => {
    event.preventDefault();
    failed.hidden = true;
    try {
      const { passkey, options } = form.dataset; // "create" or "get"
      form.elements.credential.value = answer(await navigator.credentials[passkey]({ publicKey: question(options) }));
    } catch {
      failed.hidden = false; // given up, timed out, or a device that is not known here
      return;
    }
    form.submit();
  });
}
