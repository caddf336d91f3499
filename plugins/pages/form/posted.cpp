#include "form/posted.hpp"

#include <algorithm>
#include <charconv>

#include "form/moments.hpp"
#include "form/texts.hpp"

namespace socle::pages {
namespace {

std::size_t number_of(std::string_view text, std::size_t most) {
  std::size_t out = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  return fault == std::errc() && end == text.data() + text.size() ? std::min(out, most) : 0;
}

class Reader {
 public:
  Reader(const Plan& plan, const page::FormBody& body, const RowChange& change)
      : plan_(plan), body_(body), change_(change) {}

  std::string run(json::View base) {
    std::vector<const Control*> all;
    for (const auto& step : plan_.steps)
      for (const auto& group : step.groups)
        for (const auto& control : group.controls) all.push_back(&control);
    std::string text;
    json::Writer out(text);
    members(out, all, 0, "", base);
    return text;
  }

 private:
  // One object: `all` are controls that stand in it or deeper; their tokens from `depth` on lead there.
  void members(json::Writer& out, const std::vector<const Control*>& all, std::size_t depth, const std::string& prefix,
               json::View base) {
    out.begin_object();
    std::vector<std::string_view> done;
    const auto& fields = plan_.form->fields();
    for (const auto* control : all) {
      const auto& tokens = fields[control->field].tokens;
      const std::string& name = tokens[depth];
      if (std::find(done.begin(), done.end(), name) != done.end()) continue;
      done.emplace_back(name);
      const auto there = base.find(name);
      const std::string pointer = forms::below(prefix, name);
      if (depth + 1 < tokens.size()) {  // a part that the layout shows by itself
        std::vector<const Control*> siblings;
        for (const auto* other : all)
          if (const auto& path = fields[other->field].tokens; path.size() > depth + 1 && path[depth] == name)
            siblings.push_back(other);
        object(out, name, siblings, depth + 1, pointer, there);
      } else {
        member(out, *control, depth, pointer, there);
      }
    }
    for (const auto& [key, value] : base.members())
      if (std::find(done.begin(), done.end(), key) == done.end()) out.member(key, value);
    out.end_object();
  }

  // An object of which nothing was filled in is absent, unless it was there or the schema demands it.
  void object(json::Writer& out, std::string_view name, const std::vector<const Control*>& parts, std::size_t depth,
              const std::string& pointer, json::View base) {
    std::string text;
    json::Writer inner(text);
    members(inner, parts, depth, pointer, base);
    const auto parent = plan_.form->fields()[parts.front()->field].parent;
    const bool wanted = parent != Field::none && plan_.form->fields()[parent].required;
    if (text == "{}" && !base.exists() && !wanted) return;
    const auto made = json::Document::parse(text);
    out.member(name, made ? made->root() : base);
  }

  void member(json::Writer& out, const Control& control, std::size_t depth, const std::string& pointer,
              json::View base) {
    const std::string& name = plan_.form->fields()[control.field].tokens[depth];
    if (control.widget == Widget::group) {
      std::vector<const Control*> parts;
      for (const auto& part : control.parts) parts.push_back(&part);
      if (!parts.empty()) object(out, name, parts, depth + 1, pointer, base);
    } else if (control.widget == Widget::table) {
      table(out, control, name, pointer, base);
    } else if (control.widget == Widget::choices || control.widget == Widget::lines) {
      several(out, control, name, pointer, base);
    } else {
      single(out, control, name, pointer, base);
    }
  }

  void single(json::Writer& out, const Control& control, std::string_view name, const std::string& pointer,
              json::View base) {
    const auto text = body_.find(pointer);
    if (!text) {
      if (base.exists()) out.member(name, base);
      return;
    }
    // A moment was shown and entered by the clocks of the page's zone, which may not be the plan's any more.
    const auto zone =
        control.widget == Widget::moment ? body_.find("#zone" + pointer) : std::optional<std::string_view>();
    if (zone && *zone != control.zone && is_zone(*zone)) {
      Control as_shown = control;
      as_shown.zone = *zone;
      return typed(out, as_shown, name, *text, base);
    }
    typed(out, control, name, *text, base);
  }

  static void typed(json::Writer& out, const Control& control, std::string_view name, std::string_view text,
                    json::View base) {
    // What the input shows of the stored value has not been touched: neither its exact form nor an empty text is lost.
    if (base.exists() && text == input_text(control, base)) {
      out.member(name, base);
      return;
    }
    std::string value;
    json::Writer inner(value);
    if (!write_typed(inner, control, text)) return;
    const auto made = json::Document::parse(value);
    if (made) out.member(name, made->root());
  }

  void several(json::Writer& out, const Control& control, std::string_view name, const std::string& pointer,
               json::View base) {
    const auto texts = body_.all(pointer);
    if (texts.empty()) {
      if (base.exists()) out.member(name, base);
      return;
    }
    std::vector<std::string> values;
    for (auto text : texts) {
      while (!text.empty()) {
        const auto end = control.widget == Widget::lines ? text.find('\n') : std::string_view::npos;
        const auto line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        const auto known = std::find_if(control.choices.begin(), control.choices.end(),
                                        [&](const Choice& c) { return c.value == line; });
        if (line.empty()) continue;
        values.emplace_back();
        if (known != control.choices.end()) {
          values.back() = known->json;
        } else {
          json::append_quoted(values.back(), line);
        }
      }
    }
    if (values.empty() && !base.exists() && !control.required) return;
    std::string list = "[";
    for (const auto& value : values) list += (list.size() > 1 ? "," : "") + value;
    const auto made = json::Document::parse(list + "]");
    out.member(name, made ? made->root() : base);
  }

  void table(json::Writer& out, const Control& control, std::string_view name, const std::string& pointer,
             json::View base) {
    const auto said = body_.find("#rows" + pointer);
    if (!said) {
      if (base.exists()) out.member(name, base);
      return;
    }
    const bool ours = change_.table == pointer;
    const bool removing = ours && change_.kind == RowChange::Kind::remove;  // rows below it move up
    const std::size_t rows = number_of(*said, most_rows);
    std::vector<const Control*> columns;
    for (const auto& part : control.parts) columns.push_back(&part);
    std::string list = "[";
    const auto add = [&](const std::string& row) { list += (list.size() > 1 ? "," : "") + row; };
    for (std::size_t row = 0; row < rows; ++row) {
      if (removing && change_.row == row) continue;
      std::string text;
      json::Writer inner(text);
      members(inner, columns, 0, forms::below(pointer, row), removing ? json::View() : base.at(row));
      add(text);
    }
    if (ours && change_.kind == RowChange::Kind::add && rows < most_rows) add("{}");
    if (list == "[" && !base.exists() && !control.required) return;
    const auto made = json::Document::parse(list + "]");
    out.member(name, made ? made->root() : base);
  }

  const Plan& plan_;
  const page::FormBody& body_;
  const RowChange& change_;
};

}  // namespace

RowChange RowChange::of(std::string_view go) {
  RowChange out;
  if (go.starts_with("add:/")) {
    out.kind = Kind::add;
    out.table = go.substr(4);
  } else if (go.starts_with("remove:/")) {
    const auto slash = go.rfind('/');
    out.table = go.substr(7, slash - 7);
    out.row = number_of(go.substr(slash + 1), most_rows);
    if (!out.table.empty()) out.kind = Kind::remove;
  }
  return out;
}

std::string document_of(const Plan& plan, const page::FormBody& body, json::View base, const RowChange& change) {
  return Reader(plan, body, change).run(base);
}

}  // namespace socle::pages
