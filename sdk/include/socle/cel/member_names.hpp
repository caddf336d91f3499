// member_names.hpp: the keys of a map as names of members of a JSON object, each once: {1: 'a', '1': 'b'} has no JSON
// form, as two of its keys are the same name. One object's; any thread.
#pragma once

#include <set>
#include <string>

#include "socle/cel/value.hpp"
#include "socle/result.hpp"

namespace socle::cel {

class MemberNames {
 public:
  explicit MemberNames(const Value& map) {
    bool texts = false, others = false;
    for (std::size_t i = 0; i < map.size(); ++i) (map.key_at(i).is(Kind::string) ? texts : others) = true;
    mixed_ = texts && others;  // else no two are the same
  }
  // Code::invalid: another key of the map has that name.
  [[nodiscard]] Result<std::string> take(const Value& key) {
    std::string name = key_text(key);
    if (mixed_ && !taken_.insert(name).second)
      return Error{Code::invalid, "a map with two keys that are both \"" + name + "\" in JSON has no JSON form"};
    return name;
  }

 private:
  bool mixed_ = false;
  std::set<std::string> taken_;
};

}  // namespace socle::cel
