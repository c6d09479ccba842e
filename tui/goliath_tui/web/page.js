// Starts the terminal once its font is there, for it measures its cells only once, and comes back
// by itself when the connection has ended: a wall has nobody who would reload it.
"use strict";

const RETRY_MS = 5000;
const terminal = document.getElementById("terminal");
const socket = new URL("ws", window.location.href);
socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";
socket.search = "";
terminal.dataset.sessionWebsocketUrl = socket.href;

// The only parameter; the terminal's script would understand others that are not for everybody.
const size = Number(new URLSearchParams(window.location.search).get("fontsize")) || 16;
terminal.dataset.fontSize = String(Math.min(Math.max(Math.round(size), 6), 60));
window.history.replaceState(null, "", `${window.location.pathname}?fontsize=${terminal.dataset.fontSize}`);

window.addEventListener("load", async () => {
  await document.fonts.load("16px 'Roboto Mono'").catch(() => undefined);
  const script = document.createElement("script");
  script.src = "textual.js";
  // The script waits for the page's load, which is over.
  script.addEventListener("load", () => window.onload());
  document.head.append(script);
});

async function comeBack() {
  const answer = await fetch(window.location.href, { cache: "no-store" }).catch(() => undefined);
  if (answer && answer.ok) {
    window.location.reload();
  }
}

// The script tells by classes of the body how far it has come.
let connected = false;
let ended = false;
new MutationObserver(() => {
  const told = document.body.classList;
  if (told.contains("-loaded") && !connected) {
    connected = true;
    document.querySelector(".xterm-helper-textarea")?.focus();
  }
  if (told.contains("-closed") && !ended) {
    ended = true;
    window.setInterval(comeBack, RETRY_MS);
  }
}).observe(document.body, { attributes: true, attributeFilter: ["class"] });
