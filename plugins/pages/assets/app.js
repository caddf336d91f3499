// app.js: pages work without it. With it, a form that is being filled in follows its logic at once: what has been
// entered so far is sent to the server, which judges it with the same code that will judge it when it is saved, and the
// answer says what to show, demand, lock, fill in and offer. Nothing is computed here, so nothing can disagree.
"use strict";
(() => {
  const focus = document.querySelector("[data-focus]");
  if (focus) focus.focus();

  // By the clock of whoever looks; what the page says itself is by the zone that it names.
  for (const moment of document.querySelectorAll("time[datetime]")) {
    const at = new Date(moment.dateTime);
    if (!Number.isNaN(at.getTime())) moment.title = at.toLocaleString(document.documentElement.lang, { timeZoneName: "short" });
  }

  for (const chooser of document.querySelectorAll("[data-upload]")) {
    chooser.parentElement.hidden = false;
    chooser.addEventListener("change", () => take(chooser));
  }

  // The files that were chosen become ids in the field beside, which is what is posted. Long ones go in parts.
  async function take(chooser) {
    const field = document.getElementById("f" + chooser.dataset.upload);
    const told = chooser.parentElement.querySelector("[role=status]");
    for (const file of chooser.files) {
      told.textContent = file.name + " …";
      try {
        const { id } = await upload(file);
        field.value = chooser.multiple ? (field.value.trim() + "\n" + id).trim() : id;
        told.textContent = file.name;
      } catch (error) {
        told.textContent = error.message;
        break;
      }
    }
    chooser.value = "";
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  async function upload(file) {
    const most = 8 << 20;
    const type = file.type ? { "Content-Type": file.type } : {};
    const whole = file.size <= most;
    const begin = whole ? type : { ...type, "Upload-Complete": "?0" };
    const made = await sent("/v1/files?name=" + encodeURIComponent(file.name), "POST", file.slice(0, most), begin);
    for (let at = most; at < file.size; at += most)
      await sent(made.href, "PATCH", file.slice(at, at + most), {
        "Content-Type": "application/partial-upload",
        "Upload-Offset": String(at),
        "Upload-Complete": at + most < file.size ? "?0" : "?1",
      });
    return made;
  }

  async function sent(path, method, body, headers) {
    const answer = await fetch(path, { method, body, headers });
    const text = await answer.text();
    const told = text ? JSON.parse(text) : {};
    if (!answer.ok) throw new Error(told.detail || answer.statusText);
    return told;
  }

  const form = document.querySelector("form[data-live]");
  if (!form) return;
  const status = document.getElementById("live");
  const touched = new Set();
  const byPointer = (prefix, pointer) => document.getElementById(prefix + pointer);
  const wrapper = (pointer) => form.querySelector(`[data-field="${CSS.escape(pointer)}"]`);
  // What the server has complained about already stays under its eye.
  for (const input of form.querySelectorAll('[aria-invalid="true"]')) touched.add(input.name);

  function showField(state) {
    const box = wrapper(state.p);
    if (!box) return false;
    const appeared = box.hidden && state.visible;
    box.hidden = !state.visible;
    box.classList.toggle("arrived", appeared);
    box.toggleAttribute("data-required", state.required);
    const input = byPointer("f", state.p);
    if (input && "required" in input) input.required = state.required && input.type !== "checkbox";
    if (input && "value" in state && input !== document.activeElement) {
      if (input.type === "checkbox") input.checked = state.value === "true";
      else if (input.value !== state.value) input.value = state.value;
      const zone = form.elements.namedItem("#zone" + state.p);
      if (zone && state.zone) box.querySelector(".zone").textContent = zone.value = state.zone;
    }
    if (input && "readOnly" in input && input.type !== "checkbox") input.readOnly = state.readonly;
    if (input && state.options) offer(input, state.options);
    return appeared ? box : false;
  }

  function offer(select, options) {
    const wanted = options.map((o) => o.value).join("\n");
    const first = select.options[0];
    if ([...select.options].slice(1).map((o) => o.value).join("\n") === wanted) return;
    const chosen = select.value;
    select.replaceChildren(first, ...options.map((o) => new Option(o.label, o.value)));
    select.value = options.some((o) => o.value === chosen) ? chosen : "";
  }

  function showErrors(errors) {
    const told = new Map(errors.map((e) => [e.p, e.message]));
    for (const place of form.querySelectorAll(".error")) {
      const pointer = place.id.slice(1);
      const message = told.get(pointer);
      const shown = Boolean(message) && touched.has(pointer);
      place.textContent = shown ? message : "";
      place.hidden = !shown;
      const input = byPointer("f", pointer);
      if (input && input.matches("input, select, textarea")) {
        if (shown) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
      }
    }
  }

  let asked = 0;
  let waiting = 0;
  let request = null;
  async function ask() {
    const mine = ++asked;
    if (request) request.abort();
    request = new AbortController();
    try {
      const answer = await fetch(form.dataset.live, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
        signal: request.signal,
      });
      if (!answer.ok || mine !== asked) return;
      const judged = await answer.json();
      if (mine !== asked) return;
      const appeared = judged.fields.map(showField).filter(Boolean);
      showErrors(judged.errors);
      const names = appeared.map((box) => box.querySelector("label, legend")?.firstChild?.textContent.trim());
      if (names.length) status.textContent = form.dataset.appeared + " " + names.join(", ");
      form.dataset.judged = String(mine);
    } catch (error) {
      if (error.name !== "AbortError") form.dataset.offline = "true"; // the server judges it when it is sent
    }
  }
  const soon = (wait) => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, wait);
  };
  form.addEventListener("input", () => soon(200));
  form.addEventListener("change", (event) => {
    if (event.target.name) touched.add(event.target.name);
    soon(0);
  });
})();
