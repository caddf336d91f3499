// loader/library.hpp: one generation's code in this process.
//
//   verify() -> Store::copy() -> Library::load() -> descriptor() ... -> close() -> unmapped | still mapped, and why
//
// load() runs the library's static constructors and its entry, close() its static destructors; both on one staging
// thread at a time, never on a worker. A constructor that throws ends the process: an exception must not unwind through
// the dynamic linker, which would be left locked.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "loader/store.hpp"
#include "loader/verify.hpp"
#include "socle/abi.h"
#include "socle/result.hpp"

namespace socle::loader {

// What became of a library after close().
struct Fate {
  bool unmapped = false;
  std::string reason;  // why it is still mapped; empty when unmapped
};

class Library {
 public:
  // Maps the copy, asks its entry for the descriptor and checks it. After an error the library is closed again and the
  // text says so if it stays mapped.
  [[nodiscard]] static Result<Library> load(const Copy& copy, const Verified& verified, const Policy& policy);

  Library(Library&&) noexcept;
  Library& operator=(Library&&) noexcept;
  ~Library();  // closes

  // The kernel's own copy, cut or zero-filled to the size this kernel knows. Its function pointers and the strings and
  // methods it points to lie in the library: use them only until close().
  [[nodiscard]] const socle_plugin& descriptor() const;
  [[nodiscard]] const std::vector<socle_method>& methods() const;
  [[nodiscard]] AbiVersion abi() const;
  [[nodiscard]] const Copy& copy() const;
  [[nodiscard]] std::chrono::nanoseconds load_time() const;  // dlopen with static constructors, and the entry

  // Whether an address lies in this library's image.
  [[nodiscard]] bool contains(const void* address) const;

  // REQUIRES: no code of it runs, nothing of it is queued. Deletes the copy once it is unmapped. Idempotent; while it
  // is still mapped, calling it again looks again.
  Fate close();

 private:
  struct State;
  explicit Library(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace socle::loader
