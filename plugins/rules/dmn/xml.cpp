// xml.cpp: expat's events to a tree. Its callbacks are C: nothing may be thrown through them.
#include "dmn/xml.hpp"

#include <expat.h>

#include <utility>

namespace socle::rules::dmn {
namespace {

constexpr std::size_t most_bytes = std::size_t{4} << 20;
constexpr std::size_t most_levels = 64;

struct Reading {
  XML_Parser parser = nullptr;
  std::unique_ptr<Element> root;
  std::vector<Element*> open;
  std::string refusal;
};

std::string local(const char* name) {
  const std::string_view text(name);
  const auto colon = text.rfind(':');
  return std::string(colon == std::string_view::npos ? text : text.substr(colon + 1));
}

void refuse(Reading& reading, std::string message) {
  if (reading.refusal.empty()) reading.refusal = std::move(message);
  XML_StopParser(reading.parser, XML_FALSE);
}

void XMLCALL on_start(void* data, const char* name, const char** attributes) {
  auto& reading = *static_cast<Reading*>(data);
  if (reading.open.size() >= most_levels) return refuse(reading, "elements are nested more than 64 deep");
  auto element = std::make_unique<Element>();
  element->name = local(name);
  element->line = XML_GetCurrentLineNumber(reading.parser);
  for (auto at = attributes; *at != nullptr; at += 2) element->attributes.emplace(local(at[0]), at[1]);
  auto* raw = element.get();
  if (reading.open.empty())
    reading.root = std::move(element);
  else
    reading.open.back()->children.push_back(std::move(element));
  reading.open.push_back(raw);
}
void XMLCALL on_end(void* data, const char*) {
  auto& reading = *static_cast<Reading*>(data);
  auto& text = reading.open.back()->text;
  constexpr std::string_view blanks = " \t\r\n";
  const auto from = text.find_first_not_of(blanks);
  text = from == std::string::npos ? std::string() : text.substr(from, text.find_last_not_of(blanks) - from + 1);
  reading.open.pop_back();
}
void XMLCALL on_text(void* data, const char* text, int size) {
  auto& reading = *static_cast<Reading*>(data);
  if (!reading.open.empty()) reading.open.back()->text.append(text, static_cast<std::size_t>(size));
}
void XMLCALL on_doctype(void* data, const char*, const char*, const char*, int) {
  refuse(*static_cast<Reading*>(data), "a document with a DOCTYPE is not read; remove it");
}

}  // namespace

const Element* Element::child(std::string_view wanted) const {
  for (const auto& one : children)
    if (one->name == wanted) return one.get();
  return nullptr;
}
std::string Element::attribute(std::string_view wanted) const {
  const auto at = attributes.find(wanted);
  return at == attributes.end() ? std::string() : at->second;
}
std::string Element::text_of(std::string_view wanted) const {
  const auto* one = child(wanted);
  if (one == nullptr) return {};
  const auto* inner = one->child("text");
  return inner == nullptr ? one->text : inner->text;
}

Result<std::unique_ptr<Element>> parse_xml(std::string_view text) {
  if (text.size() > most_bytes) return Error{Code::too_large, "the document is larger than 4 MiB"};
  Reading reading;
  reading.parser = XML_ParserCreate(nullptr);
  if (reading.parser == nullptr) return Error{Code::exhausted, "no memory for the XML parser"};
  XML_SetUserData(reading.parser, &reading);
  XML_SetElementHandler(reading.parser, on_start, on_end);
  XML_SetCharacterDataHandler(reading.parser, on_text);
  XML_SetStartDoctypeDeclHandler(reading.parser, on_doctype);
  const bool ok = XML_Parse(reading.parser, text.data(), static_cast<int>(text.size()), 1) == XML_STATUS_OK;
  const auto line = std::to_string(XML_GetCurrentLineNumber(reading.parser));
  std::string wrong = reading.refusal;
  if (!ok && wrong.empty()) wrong = XML_ErrorString(XML_GetErrorCode(reading.parser));
  XML_ParserFree(reading.parser);
  if (!ok) return Error{Code::invalid, "line " + line + ": " + wrong};
  return std::move(reading.root);
}

}  // namespace socle::rules::dmn
