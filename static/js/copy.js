// <copy-button data-from="id">: its hidden <button> appears and copies that element's text or value; <span data-done> says so.
const SHOWN_MS = 2500;

class CopyButton extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", () => this.copy());
  }

  async copy() {
    const source = document.getElementById(this.dataset.from);
    await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
    this.querySelector("[data-done]").hidden = false;
    setTimeout(() => {
      this.querySelector("[data-done]").hidden = true;
    }, SHOWN_MS);
  }
}

customElements.define("copy-button", CopyButton);
