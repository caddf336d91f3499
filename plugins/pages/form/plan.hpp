// plan.hpp: how a form is laid out on pages: its steps, groups and controls, read once per version from the compiled
// model and its `ui`. Immutable; any thread.
//
// A form without `ui` is one step with all its fields. Of JSON Forms these shapes are read: Categorization, Category,
// Group, VerticalLayout, HorizontalLayout, Control, Label (as a group's title). Fields that must be filled in and that
// the layout leaves out stand at the end of the last step.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/form.hpp"

namespace socle::pages {

using forms::Field;
using forms::FieldType;
using forms::Form;
using forms::Language;
using forms::Words;

enum class Widget : std::uint8_t {
  text,
  area,  // of several lines
  integer,
  number,  // also exact ones
  check,
  choice,   // one of a list
  choices,  // several of a list
  date,
  moment,
  lines,  // a list of texts, one a line
  json,   // what has no declared shape
  reference,
  group,  // an object
  table,
};
[[nodiscard]] std::string_view to_string(Widget widget);

struct Choice {
  std::string value;  // as it is posted: a text's own characters, else the value's JSON
  std::string json;   // the value
  Words words;
};

struct Control {
  std::uint32_t field = Field::none;
  Widget widget = Widget::text;
  bool wide = false;  // takes the whole row of the page
  std::string input_type = "text";
  std::string zone;   // of a moment: by whose clocks it is shown and entered
  std::string inner;  // pointer below the record, or below the row: "/address/city"
  Words label, hint;
  std::vector<Choice> choices;
  std::vector<Control> parts;  // of a group or a row
  // An empty input means an empty text, which the schema demands and admits.
  bool empty_is_text = false;
  bool required = false;  // by the schema
  bool exact = false;     // an exact number that the schema wants as a text
};

struct Group {
  Words label;
  std::vector<Control> controls;
};

struct Step {
  Words label;
  std::vector<Group> groups;
};

struct Plan {
  std::shared_ptr<const Form> form;
  std::vector<Step> steps;              // at least one
  std::vector<const Control*> columns;  // what a list shows
  bool live = false;                    // logic or checks that a page can follow while it is filled in

  Plan() = default;
  Plan(Plan&&) = default;
  Plan(const Plan&) = delete;
};

// `zone`: of moments whose field names none.
[[nodiscard]] std::shared_ptr<const Plan> plan_of(std::shared_ptr<const Form> form, std::string_view zone = "UTC");

// A field's title, else its name in words: "employerName" → "Employer name".
[[nodiscard]] Words label_of(const Field& field);

}  // namespace socle::pages
