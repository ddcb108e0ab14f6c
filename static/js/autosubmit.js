// <auto-submit> around a form: sends it when a choice changes; its [data-fallback] button is for browsers without JavaScript.
class AutoSubmit extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", (event) => {
      if (event.target.matches("select, [type=checkbox], [type=radio], [type=date]")) event.target.form.requestSubmit();
    });
  }
}

customElements.define("auto-submit", AutoSubmit);
