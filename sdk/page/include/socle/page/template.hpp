// template.hpp: HTML templates, compiled once into a list of instructions; what fills them is escaped by where it
// stands, which the compiler learns by reading the HTML around it.
//
//   {{name}}              a text: escaped between tags and in attributes, percent-encoded inside a URL, checked when it
//                         is the whole of one; Markup (of another template) goes in as it is, between tags only
//   {{#name}} … {{/name}} once for each item of a list, in its scope; once if it is true or a text that is not empty
//   {{^name}} … {{/name}} otherwise
//   {{@name}}             of the outermost scope; a name without @ is looked for in the innermost scope alone
//   {{:key}}              a message in the language that is compiled for
//   {{>other}}            another template, between tags, in the same scope; it may be itself
//
// There is no way to write data unescaped: where a value cannot be made harmless (names of tags and attributes,
// scripts, styles, event handlers, attributes without quotes) compiling fails with the line. A section must end in the
// place of the page in which it began. Immutable once compiled: any number of threads may render.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "socle/page/data.hpp"
#include "socle/page/messages.hpp"
#include "socle/result.hpp"

namespace socle::page {

struct Source {
  std::string_view name;
  std::string_view text;
};

class Templates {
 public:
  // The error names template and line. Views are not kept.
  static Result<Templates> compile(const std::vector<Source>& sources, const Messages& messages, Language language);

  // REQUIRES: there is a template of this name. Appends to `out`. Nesting beyond 64 templates is left out.
  void render(std::string_view name, const Data& data, std::string& out) const;
  [[nodiscard]] std::string render(std::string_view name, const Data& data) const;
  [[nodiscard]] Markup markup(std::string_view name, const Data& data) const;
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::size_t instructions() const;

 private:
  friend class TemplateCompiler;
  struct Instruction {
    enum class Kind : std::uint8_t { literal, escaped, component, url, section, inverted, end, include };
    Kind kind = Kind::literal;
    bool root = false;
    bool markup = false;       // Markup may go in here
    std::uint32_t target = 0;  // of a section: where its end is; of an end: its begin; of include: which template
    std::string text;          // the literal, or the name
  };
  struct Compiled {
    std::string name;
    std::vector<Instruction> code;
  };
  struct Run;
  [[nodiscard]] const Compiled* find(std::string_view name) const;

  std::vector<Compiled> all_;
};

}  // namespace socle::page
