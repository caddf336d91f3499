// reader.hpp: what the readers of policies and roles share: taking the keys of an object one by one, each fault told at
// its place. One thread.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.hpp"
#include "policy/local_text.hpp"
#include "socle/json/pointer.hpp"
#include "socle/json/view.hpp"

namespace socle::authz {

class Reader {
 public:
  // `shape`: the code of what is not built as it should be.
  Reader(Diagnostics& diagnostics, std::string_view shape) : diagnostics_(diagnostics), shape_(shape) {}

  Diagnostics& diagnostics() { return diagnostics_; }
  void bad(std::string pointer, std::string message) {
    diagnostics_.error(std::move(pointer), shape_, std::move(message));
  }

  // Every other key is an error that names the known ones; one of `later` is told in the words of models/1, which tells
  // what both say once.
  void only(std::initializer_list<std::string_view> known, json::View object, const std::string& at,
            std::initializer_list<std::string_view> later = {}) {
    for (const auto [key, value] : object.members()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      std::string pointer = at + "/";
      json::append_escaped(pointer, key);
      std::string message = "'";
      if (std::find(later.begin(), later.end(), key) != later.end()) {
        message.append(key).append("' belongs to a part that is not there yet; remove it");
        diagnostics_.error(std::move(pointer), codes::later_part, std::move(message));
        continue;
      }
      message.append(key).append("' means nothing here; wanted one of ");
      for (const auto name : known) message.append(name == *known.begin() ? "" : ", ").append(name);
      diagnostics_.error(std::move(pointer), codes::unknown_key, std::move(message));
    }
  }

  // A list of at most `most` texts that all `fit`; `wanted` says what one is. Sorted, without repetitions.
  std::vector<std::string> names(json::View list, const std::string& at, std::size_t most,
                                 bool (*fit)(std::string_view), std::string_view wanted) {
    std::vector<std::string> out;
    if (!list.exists()) return out;
    if (!list.is_array() || list.size() > most) {
      bad(at, "wanted a list of at most " + std::to_string(most) + ", each " + std::string(wanted));
      return out;
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto text = list.at(i).as_string();
      if (list.at(i).is_string() && fit(text))
        out.emplace_back(text);
      else
        diagnostics_.error(at + "/" + std::to_string(i), codes::bad_name,
                           "found " + shown(list.at(i)) + "; wanted " + std::string(wanted));
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  LocalText local_text(json::View view, const std::string& at) {
    LocalText out;
    if (view.exists() && !read_local_text(view, out))
      bad(at, "wanted a text of at most 1,000 bytes, or one for each language: {en: …, zh: …}");
    return out;
  }

  // A condition's text; `true` and `false` may be written bare. "" when absent.
  std::string condition(json::View view, const std::string& at) {
    if (view.is_boolean()) return view.as_bool() ? "true" : "false";
    if (view.exists() && !view.is_string()) bad(at, "found " + shown(view) + "; wanted a CEL condition, as a text");
    return std::string(view.as_string());
  }

  static std::string shown(json::View view) {
    if (!view.exists()) return "nothing";
    if (!view.is_string()) return std::string(json::to_string(view.kind()));
    return "'" + std::string(view.as_string().substr(0, 80)) + "'";
  }

 private:
  Diagnostics& diagnostics_;
  std::string_view shape_;
};

}  // namespace socle::authz
