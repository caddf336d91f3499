// loader/resident.cpp: see resident.hpp.
#include "loader/resident.hpp"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace socle::loader {
namespace {

const void* map_of(void* handle) {
  link_map* map = nullptr;
  return ::dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 ? map : nullptr;
}

std::string dl_error() {
  const char* text = ::dlerror();
  return text == nullptr ? "no reason given" : text;
}

}  // namespace

const std::vector<std::string>& kit_libraries() {
  static const std::vector<std::string> names{"libsimdjson.so.14", "libre2.so.9", "libpcre2-8.so.0"};
  return names;
}

Result<Resident> Resident::preload(std::vector<std::string> names) {
  Resident resident;
  for (const std::string& name : names) {
    if (name.empty() || name.find('/') != std::string::npos) {
      return Error{Code::invalid, "resident library '" + name + "': wanted a soname such as 'libssl.so.3', not a path"};
    }
    void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == nullptr) {
      return Error{Code::not_found, "resident library '" + name + "': " + dl_error() +
                                        "; install the package that holds it, or remove it from `resident:`"};
    }
    resident.loaded_.push_back({name, handle, map_of(handle)});
  }
  for (const std::string& name : kit_libraries()) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == nullptr) continue;  // whoever needs it will be refused by name
    resident.loaded_.push_back({name, handle, map_of(handle)});
    names.push_back(name);
  }
  // The kernel itself stands on these, so they are there for good.
  for (const char* name : {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1"}) {
    void* handle = ::dlopen(name, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
    if (handle != nullptr) resident.loaded_.push_back({name, handle, map_of(handle)});
  }
  ::dlerror();
  resident.names_ = std::move(names);
  return resident;
}

void* Resident::symbol(const char* name) const {
  void* found = nullptr;
  for (size_t i = 0; i < loaded_.size() && found == nullptr; ++i) found = ::dlsym(loaded_[i].handle, name);
  ::dlerror();
  return found;
}

std::string Resident::owner_of(const void* address) const {
  Dl_info info{};
  void* map = nullptr;
  if (address == nullptr || ::dladdr1(address, &info, &map, RTLD_DL_LINKMAP) == 0 || map == nullptr) return {};
  for (const Loaded& library : loaded_) {
    if (library.map == map) return library.name;
  }
  return {};
}

}  // namespace socle::loader
