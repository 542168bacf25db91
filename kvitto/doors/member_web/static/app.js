// Small comforts on pages that work without them. Every text comes from the page, in its language.
const status = document.getElementById("status");
const say = text => { if (status && text) status.textContent = text; };
const inside = (root, selector) => [...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];

// What a page, or a part that came in later, gets.
function furnish(root) {
  for (const input of inside(root, "input[data-password]")) {
    const text = input.dataset.password || status?.dataset.showPassword;
    if (!text) continue;
    const box = Object.assign(document.createElement("input"), { type: "checkbox" });
    const label = Object.assign(document.createElement("label"), { className: "check" });
    label.append(box, text);
    input.after(label);
    input.removeAttribute("data-password");
    box.addEventListener("change", () => { input.type = box.checked ? "text" : "password"; });
    input.form?.addEventListener("submit", () => { input.type = "password"; }); // so that browsers know what they keep
  }
}
furnish(document);

// The language and the theme are chosen on the page that is shown now, whatever it was when it came.
document.addEventListener("submit", ({ target }) => {
  if (target.matches("form.switch") && target.elements.next) target.elements.next.value = location.pathname + location.search;
});

// Parts of pages that htmx fetches.
document.addEventListener("htmx:beforeRequest", ({ detail }) => detail.target.setAttribute("aria-busy", "true"));
document.addEventListener("htmx:afterRequest", ({ detail }) => detail.target.removeAttribute("aria-busy"));
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const answered = detail.xhr.responseURL;
  if (answered && new URL(answered).pathname !== new URL(detail.pathInfo.finalRequestPath, location).pathname) {
    detail.shouldSwap = false; // led elsewhere, as to the sign-in page: that is a page of its own
    location.assign(answered);
  }
});
document.addEventListener("htmx:afterSwap", ({ target }) => {
  furnish(target);
  say(inside(target, "[data-status]")[0]?.dataset.status);
  const heading = inside(target, "[data-focus]")[0];
  if (heading) {
    heading.tabIndex = -1;
    heading.focus();
  }
});
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, () => say(status?.dataset.failed));
}

// A receipt that comes in while the page is looked at: the answer names it. A page that is hidden asks again when it is seen.
const live = document.querySelector("[data-live]");
if (live && window.EventSource) {
  const address = new URL(live.dataset.live, location);
  let source;
  const known = ({ lastEventId }) => address.searchParams.set("after", lastEventId);
  const listen = () => {
    source?.close();
    if (document.hidden) return;
    source = new EventSource(address);
    source.addEventListener("known", known);
    source.addEventListener("receipt", event => {
      known(event);
      live.innerHTML = event.data;
    });
  };
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => source?.close());
  listen();
}

// The card at the till: the screen stays on while it is looked at.
const wake = document.querySelector("[data-wake]");
if (wake && navigator.wakeLock) {
  const stay = () => { if (!document.hidden) navigator.wakeLock.request("screen").catch(() => {}); };
  document.addEventListener("visibilitychange", stay);
  stay();
}

// Installing. Only some browsers ask; on an iPhone it is a line of the share menu, and the page says so.
let offer;
const show = (selector, shown) => document.querySelectorAll(selector).forEach(each => { each.hidden = !shown; });
addEventListener("beforeinstallprompt", event => {
  event.preventDefault();
  offer = event;
  show("[data-install]", true);
});
addEventListener("appinstalled", () => show("[data-install]", false));
document.addEventListener("click", ({ target }) => {
  if (!target.closest("button[data-install], [data-install] button")) return;
  offer?.prompt();
  show("[data-install]", false);
});
if (navigator.standalone === false) show("[data-install-ios]", true); // known on iPhones and iPads only

// The worker behind the pages: members' only, and only over a safe connection.
if (navigator.serviceWorker && !location.pathname.startsWith("/staff")) {
  const unwatched = wake && !navigator.serviceWorker.controller; // this card came before there was a worker to keep it
  navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => {});
  if (unwatched) navigator.serviceWorker.ready.then(({ active }) => active.postMessage("card"));
}
