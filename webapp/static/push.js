// Notifications in this browser: offered where it can show them; it is asked only when somebody has chosen them.
const form = document.getElementById("sign-up");
const chip = document.querySelector("[data-push]");
const error = document.getElementById("push-error");

if (chip && "serviceWorker" in navigator && "PushManager" in window) chip.hidden = false;

const activated = (worker) =>
  new Promise((done) => worker.addEventListener("statechange", () => worker.state === "activated" && done()));

const subscribed = async () => {
  const registration = await navigator.serviceWorker.register("/subscribe/push-worker.js");
  if (!registration.active) await activated(registration.installing ?? registration.waiting);
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: chip.dataset.push });
};

form.addEventListener("submit", async (event) => {
  const field = form.elements.push;
  if (form.elements.channel.value !== "push" || field.value) return;
  event.preventDefault();
  error.hidden = true;
  try {
    field.value = JSON.stringify(await subscribed());
    form.requestSubmit();
  } catch {
    error.hidden = false; // the permission was refused, or the browser's push service cannot be reached
    error.focus();
  }
});
