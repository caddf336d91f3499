// compiler.cpp: templates into instructions. Literals are joined; messages become literals in their language; each slot
// takes the escaping of its place in the page.
#include <algorithm>
#include <array>

#include "html_place.hpp"
#include "socle/page/escape.hpp"
#include "socle/page/template.hpp"

namespace socle::page {

class TemplateCompiler {
 public:
  using Instruction = Templates::Instruction;
  using Kind = Instruction::Kind;

  TemplateCompiler(const std::vector<Source>& sources, const Source& source, const Messages& messages,
                   Language language)
      : sources_(sources), source_(source), messages_(messages), language_(language) {}

  Result<Templates::Compiled> run() {
    out_.name = source_.name;
    const std::string_view text = source_.text;
    while (at_ < text.size() && fault_.empty()) {
      if (text.substr(at_, 2) == "{{") {
        slot();
      } else {
        literal(text[at_++]);
      }
    }
    if (fault_.empty() && !open_.empty()) fail("section '" + out_.code[open_.back().begin].text + "' has no end");
    if (fault_.empty() && place_.where() != HtmlPlace::Where::text) fail("the template ends inside a tag");
    if (!fault_.empty()) return Error{Code::invalid, fault_};
    return std::move(out_);
  }

 private:
  struct Open {
    std::uint32_t begin;
    HtmlPlace place;
  };

  void fail(std::string why) {
    if (!fault_.empty()) return;
    const auto upto = source_.text.substr(0, std::min(at_, source_.text.size()));
    const auto line = 1 + std::count(upto.begin(), upto.end(), '\n');
    fault_ = "template '" + std::string(source_.name) + "', line " + std::to_string(line) + ": " + std::move(why);
  }

  Instruction& add(Kind kind) {
    out_.code.emplace_back();
    out_.code.back().kind = kind;
    return out_.code.back();
  }
  std::string& last_literal() {
    const bool fresh = out_.code.empty() || out_.code.back().kind != Kind::literal;
    return fresh ? add(Kind::literal).text : out_.code.back().text;
  }
  void literal(char c) {
    if (boundary_ && c != ' ' && c != '\n' && c != '>')
      return fail("attributes that depend on a section are set off by spaces");
    boundary_ = false;
    if (const auto why = place_.feed(c); !why.empty()) return fail(std::string(why));
    last_literal().push_back(c);
  }

  void slot() {
    const std::size_t end = source_.text.find("}}", at_);
    if (end == std::string_view::npos) return fail("'{{' without '}}'");
    std::string_view inside = source_.text.substr(at_ + 2, end - at_ - 2);
    const char mark = inside.empty() ? ' ' : inside.front();
    if (std::string_view("#^/:>@").find(mark) != std::string_view::npos) inside.remove_prefix(1);
    if (inside.empty() || inside.find_first_of(" \n{}<>\"") != std::string_view::npos)
      return fail("'" + std::string(source_.text.substr(at_, end + 2 - at_)) + "' is no slot");
    switch (mark) {
      case '#': begin(Kind::section, inside); break;
      case '^': begin(Kind::inverted, inside); break;
      case '/': finish(inside); break;
      case ':': message(inside); break;
      case '>': include(inside); break;
      default: value(inside, mark == '@'); break;
    }
    at_ = end + 2;
  }

  bool in_data_place() const {
    return place_.where() == HtmlPlace::Where::text || place_.where() == HtmlPlace::Where::value;
  }

  void begin(Kind kind, std::string_view name) {
    boundary_ = place_.settle();
    if (!boundary_ && !in_data_place())
      return fail("section '" + std::string(name) + "' must stand between tags, between attributes or in a value");
    open_.push_back({static_cast<std::uint32_t>(out_.code.size()), place_});
    named(add(kind), name);
  }
  static void named(Instruction& instruction, std::string_view name) {
    instruction.root = name.starts_with('@');
    instruction.text = instruction.root ? name.substr(1) : name;
  }
  void finish(std::string_view name) {
    if (open_.empty()) return fail("'{{/" + std::string(name) + "}}' ends nothing");
    const Open open = open_.back();
    open_.pop_back();
    Instruction& start = out_.code[open.begin];
    if ((start.root ? "@" + start.text : start.text) != name)
      return fail("'{{/" + std::string(name) + "}}' where section '" + start.text + "' must end first");
    boundary_ = place_.settle();
    if (!place_.same(open.place))
      return fail("section '" + start.text + "' ends in another place of the page than it began");
    start.target = static_cast<std::uint32_t>(out_.code.size());
    add(Kind::end).target = open.begin;
  }

  void message(std::string_view key) {
    if (!in_data_place()) return fail("a message stands between tags or in a value");
    if (messages_.find(key) == nullptr) return fail("there is no message '" + std::string(key) + "'");
    append_escaped(last_literal(), messages_.in(language_, key));
    place_.filled();
  }

  void include(std::string_view name) {
    if (place_.where() != HtmlPlace::Where::text) return fail("a template is included between tags only");
    const auto found = std::find_if(sources_.begin(), sources_.end(), [&](const Source& s) { return s.name == name; });
    if (found == sources_.end()) return fail("there is no template '" + std::string(name) + "'");
    add(Kind::include).target = static_cast<std::uint32_t>(found - sources_.begin());
  }

  void value(std::string_view name, bool root) {
    constexpr std::array<std::string_view, 9> urls{"href", "src",  "action", "formaction", "poster",
                                                   "data", "cite", "ping",   "manifest"};
    constexpr std::array<std::string_view, 4> never{"style", "srcdoc", "srcset", "http-equiv"};
    const std::string quoted = "'" + std::string(name) + "'";
    if (!in_data_place())
      return fail("the value " + quoted +
                  " stands where nothing can make it harmless: between tags or in double quotes only");
    Kind kind = Kind::escaped;
    if (place_.where() == HtmlPlace::Where::value) {
      const std::string& attribute = place_.attribute();
      if (attribute.starts_with("on") || std::find(never.begin(), never.end(), attribute) != never.end())
        return fail("no value may go into the attribute " + attribute);
      if (std::find(urls.begin(), urls.end(), attribute) != urls.end())
        kind = place_.value_begun() ? Kind::component : Kind::url;
    }
    Instruction& made = add(kind);
    made.text = name;
    made.root = root;
    made.markup = place_.where() == HtmlPlace::Where::text;
    place_.filled();
  }

  const std::vector<Source>& sources_;
  const Source& source_;
  const Messages& messages_;
  const Language language_;
  Templates::Compiled out_;
  HtmlPlace place_;
  std::vector<Open> open_;
  std::size_t at_ = 0;
  bool boundary_ = false;  // the next literal character must end the attribute before it
  std::string fault_;
};

Result<Templates> Templates::compile(const std::vector<Source>& sources, const Messages& messages, Language language) {
  Templates out;
  out.all_.reserve(sources.size());
  for (const Source& source : sources) {
    auto made = TemplateCompiler(sources, source, messages, language).run();
    if (!made) return std::move(made).error();
    out.all_.push_back(std::move(*made));
  }
  return out;
}

}  // namespace socle::page
