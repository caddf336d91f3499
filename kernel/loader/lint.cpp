// loader/lint.cpp: see lint.hpp. docs/design/loader.md tells which trap each rule closes.
#include "loader/lint.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace socle::loader {
namespace {

// A dynamic symbol that must not be imported. A name ending in '*' stands for all names that begin so.
struct Forbidden {
  std::string_view name, code, why, action;
};

constexpr std::string_view no_threads = "no thread functions: plugins own no threads";
constexpr std::string_view use_offload =
    "use the host's offload(), timers and watches instead, or grant 'threads' in the system manifest";
constexpr std::string_view no_handlers = "no exit or thread-end handlers: they outlive the library";
constexpr std::string_view release_in_destroy = "release it in destroy() or in the STOP hook";
constexpr std::array forbidden{
    Forbidden{"pthread_create", "import_thread", no_threads, use_offload},
    Forbidden{"thrd_create", "import_thread", no_threads, use_offload},
    Forbidden{"_ZNSt6thread15_M_start_thread*", "import_thread", no_threads, use_offload},
    Forbidden{"__cxa_thread_atexit*", "import_thread_atexit",
              "no thread_local object with a destructor: it pins the library",
              "keep such state in the instance, or make the type trivially destructible"},
    Forbidden{"pthread_key_create", "import_thread_key", no_handlers, release_in_destroy},
    Forbidden{"atexit", "import_atexit", no_handlers, release_in_destroy},
    Forbidden{"on_exit", "import_atexit", no_handlers, release_in_destroy},
    Forbidden{"dlopen", "import_dlopen", "no dlopen without the grant",
              "link what is needed statically, or grant 'dlopen' in the system manifest"},
    Forbidden{"dlmopen", "import_dlopen", "no dlopen without the grant",
              "link what is needed statically, or grant 'dlopen' in the system manifest"},
};

// Runtimes that start threads or handlers of their own and can never be unloaded.
struct Runtime {
  std::string_view name;
  std::array<std::string_view, 4> symbols;  // names, or beginnings with '*'
};
constexpr std::array runtimes{
    Runtime{"Go", {"_cgo_topofstack", "crosscall2", "_cgo_init", "runtime.goexit*"}},
    Runtime{"Qt", {"qt_version_tag*", "_ZN7QObject*", "_ZN16QCoreApplication*", "_ZN7QThread*"}},
    Runtime{"OpenMP", {"GOMP_*", "__kmpc_*", "omp_get_*", "omp_set_*"}},
    Runtime{"JVM", {"JNI_CreateJavaVM", "JNI_GetCreatedJavaVMs", "JNI_GetDefaultJavaVMInitArgs", "JVM_*"}},
};

constexpr std::array<std::string_view, 6> base_libraries{
    "libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"};
constexpr std::array<std::string_view, 3> sanitizer_libraries{"libasan.so.", "libtsan.so.", "libubsan.so."};

bool matches(std::string_view name, std::string_view pattern) {
  if (!pattern.ends_with('*')) return name == pattern;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

std::string quoted(const std::vector<std::string_view>& names) {
  constexpr std::size_t shown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), shown); ++i) {
    text.append(i == 0 ? "'" : ", '").append(names[i].substr(0, 200)).append("'");
  }
  if (names.size() > shown) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

void lint_exports(const Elf& elf, std::vector<Finding>& findings) {
  std::vector<std::string_view> exports, unique;
  for (const Symbol& symbol : elf.symbols) {
    if (symbol.binding == Binding::unique) unique.push_back(symbol.name);
    if (symbol.defined && symbol.visible && symbol.binding != Binding::local) exports.push_back(symbol.name);
  }
  const bool has_entry = std::find(exports.begin(), exports.end(), SOCLE_ENTRY_NAME) != exports.end();
  if (!has_entry) {
    findings.push_back({"export_missing", "no exported function " SOCLE_ENTRY_NAME,
                        "exactly one export, " SOCLE_ENTRY_NAME,
                        "define it (SOCLE_PLUGIN does) and build with socle_add_plugin()"});
  }
  std::erase(exports, SOCLE_ENTRY_NAME);
  if (!exports.empty()) {
    findings.push_back({"export_extra", "also exported: " + quoted(exports), "exactly one export, " SOCLE_ENTRY_NAME,
                        "build with socle_add_plugin(), whose version script hides the rest"});
  }
  if (!unique.empty()) {
    findings.push_back({"symbol_unique", "GNU_UNIQUE symbols " + quoted(unique), "none: they pin the library for ever",
                        "build with socle_add_plugin(), or with -fno-gnu-unique and hidden visibility"});
  }
}

void lint_imports(const Elf& elf, const Expected& expected, std::vector<Finding>& findings) {
  const auto granted = [&](std::string_view ability) {
    return std::find(expected.grants.begin(), expected.grants.end(), ability) != expected.grants.end();
  };
  for (const Forbidden& rule : forbidden) {
    if (rule.code == "import_dlopen" && granted("dlopen")) continue;
    if (rule.code == "import_thread" && granted("threads")) continue;
    const auto found = std::find_if(elf.symbols.begin(), elf.symbols.end(), [&](const Symbol& symbol) {
      return !symbol.defined && matches(symbol.name, rule.name);
    });
    // glibc links atexit() statically into the library, so it shows only among the static symbols.
    const bool linked_in = rule.name == "atexit" && std::find(elf.local_symbols.begin(), elf.local_symbols.end(),
                                                              rule.name) != elf.local_symbols.end();
    if (found == elf.symbols.end() && !linked_in) continue;
    const std::string_view name = found != elf.symbols.end() ? found->name : rule.name;
    findings.push_back({std::string(rule.code), "it uses '" + std::string(name) + "'", std::string(rule.why),
                        std::string(rule.action)});
  }
}

void lint_runtimes(const Elf& elf, std::vector<Finding>& findings) {
  for (const Runtime& runtime : runtimes) {
    const auto is_sign = [&](std::string_view name) {
      return std::any_of(runtime.symbols.begin(), runtime.symbols.end(),
                         [&](std::string_view sign) { return matches(name, sign); });
    };
    std::string_view sign;
    for (const Symbol& symbol : elf.symbols) {
      if (is_sign(symbol.name)) sign = symbol.name;
    }
    for (const std::string_view name : elf.local_symbols) {
      if (is_sign(name)) sign = name;
    }
    if (sign.empty()) continue;
    findings.push_back({"runtime", "the " + std::string(runtime.name) + " runtime (symbol '" + std::string(sign) + "')",
                        "no runtime that owns threads or cannot be unloaded",
                        "do without it, or put that code into a process of its own behind a plugin"});
  }
}

bool allowed(std::string_view library, const Policy& policy) {
  if (std::find(base_libraries.begin(), base_libraries.end(), library) != base_libraries.end()) return true;
  if (std::find(policy.resident.begin(), policy.resident.end(), library) != policy.resident.end()) return true;
  return sanitizer_build() && std::any_of(sanitizer_libraries.begin(), sanitizer_libraries.end(),
                                          [&](std::string_view name) { return library.starts_with(name); });
}

void lint_libraries(const Elf& elf, const Policy& policy, std::vector<Finding>& findings) {
  std::vector<std::string_view> others;
  for (const std::string_view library : elf.needed) {
    if (!allowed(library, policy)) others.push_back(library);
  }
  others.insert(others.end(), elf.filters.begin(), elf.filters.end());
  if (others.empty()) return;
  findings.push_back({"needs_library", "it needs " + quoted(others),
                      "only the C and C++ runtime and resident libraries",
                      "link it statically and hidden, or add it to `resident:` in the system manifest"});
}

}  // namespace

std::vector<Finding> lint(const Elf& elf, const Expected& expected, const Policy& policy) {
  std::vector<Finding> findings;
  lint_exports(elf, findings);
  lint_imports(elf, expected, findings);
  lint_runtimes(elf, findings);
  lint_libraries(elf, policy, findings);
  if (elf.no_delete) {
    findings.push_back(
        {"flag_nodelete", "the flag NODELETE", "a library that can be unloaded", "link without -z nodelete"});
  }
  if (elf.executable_stack) {
    findings.push_back({"executable_stack", "it asks for an executable stack",
                        "none: it would hold for the whole process",
                        "link with -z noexecstack; assembler files need a .note.GNU-stack section"});
  }
  return findings;
}

bool imports_threads(const Elf& elf) {
  return std::any_of(elf.symbols.begin(), elf.symbols.end(), [](const Symbol& symbol) {
    return !symbol.defined && std::any_of(forbidden.begin(), forbidden.end(), [&](const Forbidden& rule) {
      return rule.code == "import_thread" && matches(symbol.name, rule.name);
    });
  });
}

std::vector<std::string> pins(const Elf& elf) {
  std::vector<std::string> reasons;
  for (const Symbol& symbol : elf.symbols) {
    if (symbol.binding == Binding::unique && reasons.empty()) {
      reasons.push_back("GNU_UNIQUE symbol '" + std::string(symbol.name) + "'");
    }
  }
  for (const Symbol& symbol : elf.symbols) {
    if (!symbol.defined && matches(symbol.name, "__cxa_thread_atexit*")) {
      reasons.push_back("thread_local objects with destructors (" + std::string(symbol.name) +
                        ") on threads still alive");
    }
  }
  if (imports_threads(elf)) reasons.emplace_back("it may have threads of its own (granted), so it is never unmapped");
  if (elf.no_delete) reasons.emplace_back("linked with -z nodelete");
  return reasons;
}

}  // namespace socle::loader
