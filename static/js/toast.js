// <toast-list>: turns the notes in its .messages into toasts that can be dismissed; good news leaves by itself.
const STAY_MS = 8000;

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
  }

  disconnectedCallback() {
    this.observer.disconnect();
  }

  adopt(note) {
    const button = this.querySelector("template").content.firstElementChild.cloneNode(true);
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
