#include "form/edit.hpp"

#include <algorithm>

#include "form/texts.hpp"
#include "form/walk.hpp"

namespace socle::pages {
namespace {

using page::Data;

std::vector<Data> steps_of(const Shown& shown, std::size_t now) {
  std::vector<Data> out;
  const auto& steps = shown.plan.steps;
  std::vector<bool> bad(steps.size() + 1, false);
  for (const auto& [pointer, message] : shown.faults) bad[step_of(shown.plan, pointer, steps.size())] = true;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Data one;
    one.text("index", std::to_string(i)).text("number", std::to_string(i + 1));
    one.view("label", steps[i].label.in(shown.language)).flag("now", i == now).flag("bad", bad[i]);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

std::string title_of(const Plan& plan, json::View doc, std::string_view id, Language language) {
  if (!plan.columns.empty()) {
    const Control& first = *plan.columns.front();
    std::string text = shown_text(first, at(plan, first, doc).value, language, "✓", "–");
    if (!text.empty() && text.size() <= 80) return text;
  }
  return std::string(id.substr(id.size() > 12 ? id.size() - 12 : 0));
}

Data edit_data(const Shown& shown, const Editing& editing) {
  const Plan& plan = shown.plan;
  const Form& form = *plan.form;
  const auto& words = shown.messages;
  const auto language = of(shown.language);
  const std::size_t now = std::min(editing.step, plan.steps.size() - 1);
  const std::string& name = form.name();
  const std::string title = form.title().empty() ? name : form.title().in(shown.language);
  const bool stored = !editing.id.empty();
  const std::string own = "/forms/" + name + (stored ? "/" + editing.id : "");
  const bool last = now + 1 == plan.steps.size();
  Data out;
  out.view("form", name).text("form_title", title).text("id", editing.id).text("record_title", editing.record_title);
  out.text("title", stored ? std::string(words.in(language, "edit_title")) + " " + editing.record_title : title);
  if (!stored) out.view("describe", form.describe().in(shown.language));
  out.text("action", stored ? own + "/edit" : own + "/new").text("cancel", own);
  if (plan.live) out.text("live", own + "/evaluate");
  out.text("step", std::to_string(now)).text("key", editing.key).text("version", editing.version);
  out.text("draft", editing.draft).flag("keeps", !stored);
  out.view("default", last ? "save" : "next")
      .text("default_label", std::string(words.in(language, last ? "save" : "onward")));
  out.flag("back", now > 0).flag("onward", !last).flag("last", last || stored);
  out.list("groups", inputs(shown, plan.steps[now])).list("carried", carried(shown, plan.steps[now]));
  if (plan.steps.size() > 1) {
    const std::string number = std::to_string(now + 1), count = std::to_string(plan.steps.size());
    out.flag("stepped", true)
        .list("steps", steps_of(shown, now))
        .view("step_label", plan.steps[now].label.in(shown.language));
    out.text("step_of", words.filled(language, "step_of", {number, count}));
  }
  if (!shown.faults.empty()) {
    auto faults = summary(shown, plan.steps[now]);
    out.flag("faults_any", true).text("fault_title", words.filled(language, "faults", {std::to_string(faults.size())}));
    out.list("faults", std::move(faults));
  }
  return out;
}

}  // namespace socle::pages
