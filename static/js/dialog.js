// <page-dialog> around the page's one <dialog id="dialog">: opens when htmx puts content into it.
// Closes on Escape, on its backdrop, on [data-close], and on the response event `dialog:close` (HX-Trigger).
class PageDialog extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    document.addEventListener("htmx:beforeRequest", this);
    document.addEventListener("htmx:afterSwap", this);
    document.addEventListener("dialog:close", this);
    this.dialog.addEventListener("click", this);
    this.dialog.addEventListener("close", this);
  }

  handleEvent(event) {
    switch (event.type) {
      case "htmx:beforeRequest":
        if (!this.dialog.open) this.opener = event.detail.elt;
        break;
      case "htmx:afterSwap":
        if (event.detail.target === this.dialog) this.show();
        break;
      case "dialog:close":
        this.dialog.close();
        break;
      case "click":
        this.click_(event);
        break;
      case "close":
        this.dialog.replaceChildren();
        if (this.opener?.isConnected) this.opener.focus();
    }
  }

  show() {
    if (!this.dialog.firstElementChild) return this.dialog.close();
    if (!this.dialog.open) this.dialog.showModal();
    const first = "[aria-invalid=true], .form-errors, [autofocus], input:not([type=hidden]), select, textarea";
    (this.dialog.querySelector(first) ?? this.dialog.querySelector("a, button"))?.focus();
  }

  click_(event) {
    const box = this.dialog.getBoundingClientRect();
    const inside =
      event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    const backdrop = event.target === this.dialog && event.detail > 0 && !inside;
    if (!backdrop && !event.target.closest("[data-close]")) return;
    event.preventDefault();
    this.dialog.close();
  }
}

customElements.define("page-dialog", PageDialog);
