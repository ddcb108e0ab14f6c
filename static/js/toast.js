// <toast-list>: turns the notes in its .messages into toasts that can be dismissed; good news leaves by itself.
// It also tells of a request of htmx that failed, which would otherwise pass in silence.
const STAY_MS = 8000;
const FAILURES = ["htmx:responseError", "htmx:sendError", "htmx:timeout"];

class ToastList extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector(".messages");
    this.list.querySelectorAll(".note").forEach((note) => this.adopt(note));
    this.observer = new MutationObserver((changes) => {
      for (const change of changes) {
        for (const node of change.addedNodes) if (node.matches?.(".note")) this.adopt(node);
      }
    });
    this.observer.observe(this.list, { childList: true });
    for (const failure of FAILURES) document.addEventListener(failure, this);
  }

  disconnectedCallback() {
    this.observer.disconnect();
    for (const failure of FAILURES) document.removeEventListener(failure, this);
  }

  handleEvent() {
    this.failed?.remove();
    this.failed = this.copy("failed");
    (document.querySelector("dialog[open] .dialog-body") ?? this.list).prepend(this.failed);
  }

  copy(part) {
    return this.querySelector(`template[data-part=${part}]`).content.firstElementChild.cloneNode(true);
  }

  adopt(note) {
    const button = this.copy("dismiss");
    button.addEventListener("click", () => note.remove());
    note.append(button);
    if (note.matches(".ok")) this.leaveLater(note);
  }

  leaveLater(note) {
    const wait = () => setTimeout(() => note.remove(), STAY_MS);
    let timer = wait();
    const hold = () => clearTimeout(timer);
    const release = () => {
      hold();
      timer = wait();
    };
    note.addEventListener("pointerenter", hold);
    note.addEventListener("focusin", hold);
    note.addEventListener("pointerleave", release);
    note.addEventListener("focusout", release);
  }
}

customElements.define("toast-list", ToastList);
