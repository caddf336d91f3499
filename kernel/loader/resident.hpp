// loader/resident.hpp: libraries that plugins may need and that stay mapped for the life of the process (librocksdb,
// libssl ...), loaded by the kernel before any plugin. Their code outlives every generation, so a resident handle's
// destroy function may point into them, and only into them. preload() once, at start, on the main thread; afterwards
// the object is constant and any thread may ask it.
#pragma once

#include <string>
#include <vector>

#include "socle/result.hpp"

namespace socle::loader {

// What the SDK's kits (Socle::json, cel, schema) stand on: resident without being listed, where installed.
[[nodiscard]] const std::vector<std::string>& kit_libraries();

class Resident {
 public:
  // `names` are sonames as in the system manifest, e.g. "libssl.so.3"; a path is refused. All or an error that names
  // the library, what the dynamic linker said and what to do (libraries loaded before it stay).
  [[nodiscard]] static Result<Resident> preload(std::vector<std::string> names);

  // Those given, and the kits'.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  // A function of a resident library by its name, nullptr where none has it.
  [[nodiscard]] void* symbol(const char* name) const;

  // The resident library (or part of the C and C++ runtime) that holds this address, else "".
  [[nodiscard]] std::string owner_of(const void* address) const;
  [[nodiscard]] bool contains(const void* address) const { return !owner_of(address).empty(); }

 private:
  struct Loaded {
    std::string name;
    void* handle;
    const void* map;  // the dynamic linker's record of the library; never freed, as the library is never unloaded
  };
  std::vector<std::string> names_;
  std::vector<Loaded> loaded_;
};

}  // namespace socle::loader
