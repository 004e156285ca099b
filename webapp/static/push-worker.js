// Runs in the browser when a notification comes. The same notice takes its own place on the screen.
self.addEventListener("push", (event) => {
  const told = event.data.json();
  const shown = { body: told.body, tag: told.tag, lang: told.language, data: told.url };
  event.waitUntil(self.registration.showNotification(told.title, shown));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data || "/"));
});
