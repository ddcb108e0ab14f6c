// <details class="menu">: closes when one presses elsewhere, leaves it with Tab, or presses Escape.
const open = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("focusin", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A row of links that scrolls shows the one of this page.
for (const link of document.querySelectorAll(":is(.nav, .side, .tabs) [aria-current]")) {
  link.scrollIntoView({ block: "nearest", inline: "center" });
}
