// reading.cpp: a record for reading: its values as texts, as moments, as links to files and to the records of other
// forms that it names. See view.hpp.
#include <algorithm>
#include <map>

#include "form/moments.hpp"
#include "form/texts.hpp"
#include "form/view.hpp"
#include "form/walk.hpp"

namespace socle::pages {
namespace {

using page::Data;

class Reading {
 public:
  explicit Reading(const Shown& shown)
      : s_(shown), yes_(s_.messages.in(of(s_.language), "yes")), no_(s_.messages.in(of(s_.language), "no")) {
    for (const auto& [field, known] : s_.candidates)
      for (const auto& [id, title] : known) titles_[field].emplace(id, &title);
  }
  // Nothing of what is hidden.
  void control(const Control& control, const Place& place, std::vector<Data>& out) {
    if (!s_.evaluation.state(control.field, place.row).visible || s_.hides(place.pointer)) return;
    Data one;
    one.view("label", control.label.in(s_.language)).flag("wide", control.wide);
    if (control.widget == Widget::group) {
      std::vector<Data> parts;
      for (const auto& part : control.parts) this->control(part, inside(s_.plan, part, place), parts);
      one.flag("group", true).list("values", std::move(parts));
    } else if (control.widget == Widget::table) {
      table(one, control, place);
    } else {
      one.flag("plain", true).flag("code", control.widget == Widget::json);
      value(one, control, place.value);
    }
    out.push_back(std::move(one));
  }

 private:
  void table(Data& out, const Control& whole, const Place& place) {
    std::vector<Data> heads, rows;
    for (const auto& part : whole.parts) heads.push_back(std::move(Data().view("label", part.label.in(s_.language))));
    for (std::size_t row = 0; row < (place.value.is_array() ? place.value.size() : 0); ++row) {
      std::vector<Data> cells;
      for (const auto& part : whole.parts) {
        const auto there = inside(s_.plan, part, {forms::below(place.pointer, row), place.value.at(row), row});
        Data cell;
        cell.view("label", part.label.in(s_.language));
        cell.flag("figures", part.widget == Widget::number || part.widget == Widget::integer);
        value(cell, part, there.value);
        cells.push_back(std::move(cell));
      }
      rows.push_back(std::move(Data().list("cells", std::move(cells))));
    }
    out.flag("table", true).list("heads", std::move(heads)).list("rows", std::move(rows));
  }

  // What the template `value` shows.
  void value(Data& out, const Control& control, json::View value) const {
    out.text("value", control.widget == Widget::json ? input_text(control, value)
                                                     : shown_text(control, value, s_.language, yes_, no_));
    if (control.widget == Widget::moment && is_instant(value.as_string())) out.view("moment", value.as_string());
    auto links = links_of(control, value);
    out.flag("linked", !links.empty()).list("links", std::move(links));
  }

  // Of a field that names files or records. Records that are gone or that may not be seen are told by their ids.
  std::vector<Data> links_of(const Control& control, json::View value) const {
    std::vector<Data> out;
    const auto* logic = control.field == Field::none ? nullptr : s_.plan.form->logic_of(control.field);
    if (logic == nullptr || (!logic->attachment && logic->reference.empty())) return out;
    const auto add = [&](json::View one) {
      const auto id = one.as_string();
      if (id.empty()) return;
      Data link;
      link.view("id", id);
      if (logic->attachment)
        link.flag("file", true).text("number", std::to_string(out.size() + 1));
      else if (const auto* title = title_of(control.field, id); title != nullptr)
        link.view("form", logic->reference).view("title", *title);
      else
        link.view("gone", id);
      out.push_back(std::move(link));
    };
    add(value);
    for (const auto one : value.elements()) add(one);
    return out;
  }

  const std::string* title_of(std::uint32_t field, std::string_view id) const {
    const auto known = titles_.find(field);
    if (known == titles_.end()) return nullptr;
    const auto found = known->second.find(id);
    return found == known->second.end() ? nullptr : found->second;
  }

  const Shown& s_;
  std::string yes_, no_;
  std::map<std::uint32_t, std::map<std::string_view, const std::string*>> titles_;  // by field and id
};

}  // namespace

std::vector<Data> values(const Shown& shown) {
  std::vector<Data> out;
  Reading maker(shown);
  for (const auto& step : shown.plan.steps) {
    std::vector<Data> groups;
    for (const auto& group : step.groups) {
      std::vector<Data> list;
      for (const auto& control : group.controls) maker.control(control, at(shown.plan, control, shown.doc), list);
      Data one;
      one.view("label", group.label.in(shown.language)).list("values", std::move(list));
      groups.push_back(std::move(one));
    }
    Data one;
    one.view("label", step.label.in(shown.language)).list("groups", std::move(groups));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace socle::pages
