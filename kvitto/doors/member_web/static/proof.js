// Checks a proof here, in the browser: RFC 9162 section 2.1.3.2 over SHA-256, and the checkpoint's Ed25519 signature.
// Believes nothing of what the server has said before, and asks it nothing.
const page = document.querySelector("[data-proof]");
const form = page.querySelector("form");
const status = form.querySelector("[role=status]");
const words = page.dataset;
const field = id => form.querySelector(`#${id}`);

const bytes = text => {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new Error("form");
  return Uint8Array.from(atob(text), each => each.charCodeAt(0));
};
const joined = (...parts) => {
  const whole = new Uint8Array(parts.reduce((sum, each) => sum + each.length, 0));
  parts.reduce((at, each) => (whole.set(each, at), at + each.length), 0);
  return whole;
};
const utf8 = text => new TextEncoder().encode(text);
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
const same = (one, other) => one.length === other.length && one.every((each, at) => each === other[at]);
const node = (left, right) => sha256(Uint8Array.of(1), left, right);

// origin, size, root, an optional line with the time; a blank line; signatures
const checkpoint = note => {
  const [text, signatures] = [note.slice(0, note.indexOf("\n\n") + 1), note.slice(note.indexOf("\n\n") + 2)];
  const [origin, size, root, at = ""] = text.split("\n");
  if (!origin || !/^(0|[1-9]\d{0,14})$/.test(size ?? "")) throw new Error("note");
  try {
    return { origin, size: Number(size), root: bytes(root), at: at.replace(/^at /, ""), text, signatures };
  } catch {
    throw new Error("note");
  }
};

const proof = text => {
  const end = text.indexOf("\n\n");
  const [first, extra = "", index = "", ...hashes] = text.slice(0, end).split("\n");
  if (end < 0 || first !== "c2sp.org/tlog-proof@v1" || !extra.startsWith("extra ") || !/^index (0|[1-9]\d{0,14})$/.test(index)) {
    throw new Error("form");
  }
  const path = hashes.map(bytes);
  if (path.some(each => each.length !== 32)) throw new Error("form");
  return { content: bytes(extra.slice(6)), number: Number(index.slice(6)), path, note: text.slice(end + 2) };
};

const half = value => Math.floor(value / 2); // numbers may be larger than what >> takes

const leads = async (leaf, number, size, path, root) => {
  if (number >= size) return false;
  let [place, last, found] = [number, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return false;
    if (place % 2 || place === last) {
      found = await node(sibling, found);
      while (place % 2 === 0 && place) [place, last] = [half(place), half(last)];
    } else {
      found = await node(found, sibling);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && same(found, root);
};

const readKey = async text => {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  let raw = new Uint8Array();
  try {
    raw = bytes(encoded ?? "");
  } catch {} // no key
  const digest = (await sha256(utf8(`${name}\n`), raw)).slice(0, 4);
  const hex = [...digest].map(each => each.toString(16).padStart(2, "0")).join("");
  if (raw.length !== 33 || raw[0] !== 1 || hex !== id) throw new Error("key");
  return { name, digest, raw: raw.slice(1) };
};

// true, false, or null where the browser knows no Ed25519
const signed = async (note, key) => {
  let known;
  try {
    known = await crypto.subtle.importKey("raw", key.raw, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
  for (const line of note.signatures.split("\n")) {
    const [, name, encoded] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== key.name || note.origin !== key.name) continue;
    let raw;
    try {
      raw = bytes(encoded);
    } catch {
      continue;
    }
    if (same(raw.slice(0, 4), key.digest) && (await crypto.subtle.verify("Ed25519", known, raw.slice(4), utf8(note.text)))) return true;
  }
  return false;
};

const say = (text, good = true) => {
  const line = Object.assign(document.createElement("p"), { className: good ? "notice" : "error", textContent: text });
  status.append(line);
};
// as it is signed, in UTC, when it is no time that is known
const when = at => {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return at;
  return moment.toLocaleString(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
};
const filled = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]);

// version (1 byte), salt (16), the entry's values as JSON
const show = content => {
  const list = form.querySelector("dl");
  list.hidden = true;
  const text = new TextDecoder().decode(content.slice(17));
  const [, at, , , action, purpose, , , , count] = JSON.parse(text);
  for (const [part, value] of Object.entries({ at: when(at), action, purpose, count, text })) {
    const shown = list.querySelector(`[data-part=${part}]`);
    shown.textContent = value;
    shown.parentElement.hidden = value === "";
  }
  list.hidden = false;
};

const compare = note => {
  const text = field("witness").value.trim();
  if (!text) return;
  const kept = checkpoint(`${text}\n`);
  if (kept.size !== note.size) say(filled(words.other, kept), false);
  else if (kept.origin === note.origin && same(kept.root, note.root)) say(words.same);
  else say(words.fork, false);
};

const check = async () => {
  const given = proof(field("proof").value.replace(/\r/g, ""));
  const note = checkpoint(given.note);
  const key = await readKey(field("key").value);
  const leaf = await sha256(Uint8Array.of(0), given.content);
  if (!(await leads(leaf, given.number, note.size, given.path, note.root))) throw new Error("leads");
  const isSigned = await signed(note, key);
  if (isSigned === false) throw new Error("signature");
  say(isSigned ? filled(words.holds, { number: given.number, size: note.size, day: when(note.at) }) : words.unsigned, isSigned !== null);
  show(given.content);
  compare(note);
};

form.hidden = false;
let last = Promise.resolve();
const answer = async () => {
  status.replaceChildren();
  form.querySelector("dl").hidden = true;
  try {
    await check();
  } catch (error) {
    say(words[error.message] ?? words.form, false);
  }
};
// one after the other; read out when the last is done
const run = async () => {
  status.ariaBusy = "true";
  const mine = (last = last.then(answer));
  await mine;
  if (mine === last) status.ariaBusy = "false";
};
form.addEventListener("submit", async event => {
  event.preventDefault();
  await run();
  status.scrollIntoView({ block: "nearest" });
});
if (field("proof").value) run(); // a proof of one's own is there already
field("file").addEventListener("change", async ({ target }) => {
  if (target.files[0]) field("proof").value = await target.files[0].text();
});
