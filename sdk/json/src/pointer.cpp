#include "socle/json/pointer.hpp"

#include <algorithm>
#include <utility>

#include "src/article.hpp"

namespace socle::json {
namespace {

constexpr std::size_t max_tokens = layout::max_depth;  // no document is deeper

// Unescapes one token; false on a '~' that is followed by neither 0 nor 1.
bool unescape_token(std::string_view token, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out.push_back(token[i]);
      continue;
    }
    if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return false;
    out.push_back(token[i] == '0' ? '~' : '/');
  }
  return true;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t shown = 200;
  return "'" + std::string(text.substr(0, shown)) + (text.size() > shown ? "…'" : "'");
}

// Calls step(token) for each unescaped token; an error when the text is no pointer or step returns one.
template <class Step>
Status for_each_token(std::string_view text, Step step) {
  if (text.empty()) return {};
  if (text.front() != '/')
    return Error{Code::invalid, "JSON pointer " + quoted(text) + ": expected '/' or nothing at its start"};
  std::string token;
  std::string_view rest = text;
  for (std::size_t count = 0; !rest.empty(); ++count) {
    if (count == max_tokens)
      return Error{Code::invalid,
                   "JSON pointer " + quoted(text) + ": more than " + std::to_string(max_tokens) + " tokens"};
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    if (!unescape_token(rest.substr(0, end), token))
      return Error{Code::invalid, "JSON pointer " + quoted(text) + ": '~' must be followed by 0 (for ~) or 1 (for /)"};
    rest.remove_prefix(end);
    if (auto r = step(std::as_const(token)); !r) return r;
  }
  return {};
}

View child(View parent, std::string_view token) {
  if (parent.is_object()) return parent.find(token);
  return parent.at(array_index(token));
}

}  // namespace

std::size_t array_index(std::string_view token) {
  if (token.empty() || token.size() > 9 || (token.size() > 1 && token.front() == '0')) return View::none;
  std::size_t index = 0;
  for (const char c : token) {
    if (c < '0' || c > '9') return View::none;
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  return index;
}

void append_escaped(std::string& out, std::string_view token) {
  for (const char c : token) {
    if (c == '~')
      out.append("~0");
    else if (c == '/')
      out.append("~1");
    else
      out.push_back(c);
  }
}

Result<Pointer> Pointer::parse(std::string_view text) {
  Pointer pointer;
  auto status = for_each_token(text, [&](const std::string& token) -> Status {
    pointer.tokens_.push_back(token);
    return {};
  });
  if (!status) return std::move(status).error();
  return pointer;
}

Pointer& Pointer::push(std::string_view token) {
  tokens_.emplace_back(token);
  return *this;
}

Pointer& Pointer::push(std::size_t index) {
  tokens_.push_back(std::to_string(index));
  return *this;
}

std::string Pointer::text() const {
  std::string out;
  for (const auto& token : tokens_) {
    out.push_back('/');
    append_escaped(out, token);
  }
  return out;
}

View Pointer::resolve(View root) const {
  for (const auto& token : tokens_) root = child(root, token);
  return root;
}

Result<View> resolve(View root, std::string_view pointer) {
  View value = root;
  std::string reached;
  auto status = for_each_token(pointer, [&](const std::string& token) -> Status {
    const View next = child(value, token);
    if (!next) {
      std::string reason = "JSON pointer " + quoted(pointer) + ": ";
      if (value.is_object())
        reason += "the object at " + quoted(reached) + " has no member " + quoted(token);
      else if (value.is_array())
        reason += "the array at " + quoted(reached) + " has " + std::to_string(value.size()) + " elements, no " +
                  quoted(token);
      else
        reason += "the value at " + quoted(reached) + " is " + with_article(value.kind()) + ", it has nothing inside";
      return Error{Code::not_found, std::move(reason)};
    }
    reached.push_back('/');
    append_escaped(reached, token);
    value = next;
    return {};
  });
  if (!status) return std::move(status).error();
  return value;
}

}  // namespace socle::json
