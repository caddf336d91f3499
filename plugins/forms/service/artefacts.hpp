// artefacts.hpp: compiled forms by content hash, shared by all workers, the least recently used given up first. Any
// thread; the lock is held for a look-up, never for a compilation.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/form.hpp"

namespace socle::forms {

using FormPtr = std::shared_ptr<const Form>;

class Artefacts {
 public:
  explicit Artefacts(std::size_t budget) : budget_(budget) {}

  // Null: not there. `hash` is of the content, so what is found is right for ever.
  [[nodiscard]] FormPtr find(std::string_view hash);
  // Keeps it as long as the budget allows; one larger than the whole budget is not kept.
  void keep(const std::string& hash, FormPtr form);
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Entry {
    std::string hash;
    FormPtr form;
    std::size_t bytes = 0;
  };
  const std::size_t budget_;
  mutable std::mutex mutex_;
  std::list<Entry> recent_;  // the latest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_hash_;
  std::size_t bytes_ = 0;
};

}  // namespace socle::forms
