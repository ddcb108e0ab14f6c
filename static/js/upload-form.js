// <upload-form>: drop a file on a form, see it leave, stop it. Without this module the form posts as any other.
// The form is sent with `HX-Request`: the server answers with `HX-Redirect` (done) or with the form and its errors.
// The words come from the page: data-too-large, data-wrong-type, data-progress ("{percent} · {sent} / {total}"),
// data-received, data-failed, data-offline, data-stopped; the limits from data-max-bytes and the input's `accept`.

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];
const lang = document.documentElement.lang;

/** Write a size in the language of the page: "1,2 Mo" in French, "1.2 MB" in English. */
function formatBytes(bytes) {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const looks = { unitDisplay: power ? "short" : "long", maximumFractionDigits: power > 1 ? 1 : 0 };
  return new Intl.NumberFormat(lang, { style: "unit", unit: UNITS[power], ...looks }).format(bytes / 1000 ** power);
}

class UploadForm extends HTMLElement {
  connectedCallback() {
    for (const type of ["change", "click", "dragover", "dragleave", "drop", "submit"]) this.addEventListener(type, this);
  }

  disconnectedCallback() {
    this.request?.abort();
  }

  handleEvent(event) {
    this[`on_${event.type}`](event);
  }

  part(name) {
    return this.querySelector(`[data-part=${name}]`);
  }

  on_change({ target }) {
    if (target.type !== "file") return;
    const refusal = this.refusal(target.files[0], target.accept.split(","));
    if (refusal) target.value = "";
    const file = target.files[0];
    this.part("name").textContent = file ? `${file.name} · ${formatBytes(file.size)}` : "";
    this.say(refusal);
  }

  /** Give the sentence that says why `file` cannot be sent, or "". */
  refusal(file, endings) {
    if (!file) return "";
    if (file.size > Number(this.dataset.maxBytes)) return this.dataset.tooLarge;
    return endings.some((ending) => file.name.toLowerCase().endsWith(ending)) ? "" : this.dataset.wrongType;
  }

  on_dragover(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.toggleAttribute("data-over", !this.request);
  }

  on_dragleave(event) {
    if (!this.contains(event.relatedTarget)) this.removeAttribute("data-over");
  }

  on_drop(event) {
    event.preventDefault();
    this.removeAttribute("data-over");
    if (this.request || !event.dataTransfer.files.length) return;
    const first = new DataTransfer();
    first.items.add(event.dataTransfer.files[0]);
    const input = this.querySelector("input[type=file]");
    input.files = first.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  on_click(event) {
    if (event.target.closest("[data-part=stop]")) this.request?.abort();
  }

  on_submit(event) {
    event.preventDefault();
    if (this.request) return;
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => this.advance(loaded, total);
    request.upload.onload = () => (this.part("text").textContent = this.dataset.received);
    request.onload = () => this.answered(request);
    request.onerror = () => this.ended(this.dataset.offline);
    request.onabort = () => this.ended(this.dataset.stopped);
    request.open("POST", event.target.action);
    request.setRequestHeader("HX-Request", "true");
    request.send(new FormData(event.target));
    this.request = request;
    this.say("");
  }

  advance(loaded, total) {
    const percent = new Intl.NumberFormat(lang, { style: "percent" }).format(loaded / total);
    const values = { percent, sent: formatBytes(loaded), total: formatBytes(total) };
    this.part("bar").value = loaded / total;
    this.part("text").textContent = this.dataset.progress.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  }

  answered(request) {
    const next = request.getResponseHeader("HX-Redirect");
    if (next) return window.location.assign(next);
    const answer = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("upload-form form");
    if (answer) this.querySelector("form").replaceWith(answer);
    this.ended(answer ? this.part("error").textContent : this.dataset.failed);
  }

  ended(sentence) {
    this.request = null;
    this.say(sentence);
  }

  /** Show beside the file what went wrong ("": nothing), and whether a file is being sent. */
  say(sentence) {
    this.part("error").textContent = sentence;
    this.querySelector("input[type=file]").setAttribute("aria-invalid", Boolean(sentence));
    this.part("sending").hidden = !this.request;
    this.querySelector("[data-part=send]").disabled = Boolean(this.request);
  }
}

customElements.define("upload-form", UploadForm);
