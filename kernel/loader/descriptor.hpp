// loader/descriptor.hpp: a plugin's descriptor, read without trusting a pointer of it, and what is checked of it: in
// this process's memory once the library is loaded (library.cpp), or beforehand in its file, as far as that tells. Any
// thread, no state.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loader/verify.hpp"
#include "socle/abi.h"

namespace socle::loader {

struct Descriptor {
  socle_plugin plugin{};              // cut or zero-filled to the size this kernel knows; it points into the library
  std::vector<socle_method> methods;  // the same
  std::vector<std::string> names;     // of the methods: "hello/1.greet", or "greet" of none of a service
};

// Copies `size` bytes at a pointer that may be any garbage; false when they cannot be read.
using ReadMemory = std::function<bool(const void* from, void* to, std::size_t size)>;

// Reads what the entry returned. The finding, with code "descriptor", is the first thing that is wrong with it.
[[nodiscard]] std::optional<Finding> read_descriptor(const ReadMemory& read, const void* given,
                                                     const Verified& verified, const Policy& policy, Descriptor& out);

struct DescriptorReport {
  bool told = false;              // false: only running the library would tell, and nothing was compared
  std::vector<Finding> findings;  // empty, if told: loading it will find the descriptor as its manifest says
};

// The same without running anything: looks for the descriptor in the library's bytes (image.hpp). `methods` are those
// that its manifest names, in the form of Descriptor::names.
[[nodiscard]] DescriptorReport inspect_descriptor(std::string_view bytes, const Expected& expected,
                                                  const std::vector<std::string>& methods, const Policy& policy);

}  // namespace socle::loader
