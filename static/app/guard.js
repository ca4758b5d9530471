// What a device keeps for one person goes when that person signs out; when another one signs in the
// list goes, and what was not sent stays for whose it is.
const MARK = "gisgrid-owner";
const me = document.querySelector('meta[name="owner"]')?.content ?? "";
const kept = () => localStorage.getItem(MARK);

if (me && kept() && me !== kept()) import("./record-store.js").then(({ makeRoom }) => makeRoom());

const form = document.querySelector('form[action="/signout"]');
form?.addEventListener("submit", (event) => {
  if (!kept()) return;
  event.preventDefault();
  leave();
});

async function leave() {
  const { all, clear } = await import("./record-store.js");
  const { t } = await import("./i18n.js");
  if ((await all().catch(() => [])).length) {
    const { send } = await import("./record-send.js");
    await send().catch(() => {});
  }
  const left = (await all().catch(() => [])).length;
  const text = t("Records on this device are not sent yet. Signing out deletes them. Sign out?");
  if (left && !confirm(text)) return;
  await clear();
  form.submit();
}
