// presences.hpp: the records that rows name, which their write asks for. Private to the saver. Any thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/form.hpp"
#include "model/words.hpp"

namespace socle::forms {

inline constexpr std::size_t most_operations = 1000;  // of one write of storage/1

// One operation that only asks, by what it stands for.
struct Presence {
  std::size_t row;
  std::string form, id, pointer;
  bool guarded;  // by a reference with on_delete that did not name it before
};

// What many places name is asked once, for the first of them. Once there are more than one write holds, the rest is
// not looked at.
class Presences {
 public:
  // Of one row. `old`: the stored document, or absent; `only_new`: what it names is not asked.
  void add(const Form& form, std::size_t row, json::View doc, json::View old, bool only_new);
  [[nodiscard]] const std::vector<Presence>& all() const { return all_; }
  [[nodiscard]] std::size_t operations() const { return all_.size() + guarded_; }
  [[nodiscard]] bool full() const { return all_.size() > most_operations; }

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> seen_;  // form and id: where in all_
  std::vector<Presence> all_;
  std::size_t guarded_ = 0;
};

// What of a write is beyond most_operations. `more`: not all of it was counted.
[[nodiscard]] std::string too_large_message(std::size_t found, bool more, Language language);

}  // namespace socle::forms
