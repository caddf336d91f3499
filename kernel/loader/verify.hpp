// loader/verify.hpp: everything that is checked about a plugin's library before any of its code runs.
//
//   ELF readable -> ABI note -> SHA-256 -> signature -> lint
//
// (What a file tells of the descriptor besides: descriptor.hpp.)
//
// All findings are collected, so that an author fixes them in one go. The bytes are read into memory once; what was
// checked is what Store writes and Library loads, so replacing the file meanwhile changes nothing. Called by the
// lifecycle and by `socle plugin verify`, on an offload thread. Any thread; nothing is shared.
//
// Signature: the file LIB.sig holds an Ed25519 signature over the library's bytes, raw, hex or base64, so that
//   openssl pkeyutl -sign -rawin -inkey key.pem -in libx.so -out libx.so.sig
// makes one. It must be by a key of the operator's trust list. Trust list empty: a signature that is there must at
// least be well formed, and none is required; otherwise one is required.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "socle/abi.h"
#include "socle/result.hpp"

namespace socle::loader {

inline constexpr std::size_t max_library_size = 256U << 20;

struct AbiVersion {
  std::uint16_t major = SOCLE_ABI_MAJOR;
  std::uint16_t minor = SOCLE_ABI_MINOR;
  friend bool operator==(const AbiVersion&, const AbiVersion&) = default;
};
[[nodiscard]] std::string to_string(AbiVersion version);  // "1.0"

// What the manifests say of one plugin.
struct Expected {
  std::string plugin;                 // `plugin:` of its manifest
  AbiVersion abi;                     // `abi:` of its manifest
  std::optional<std::string> sha256;  // hex; a pinned content, e.g. the last good set's
  std::vector<std::string> grants;    // granted abilities that the lint would refuse; known: "dlopen", "threads"
};

// What the operator and this kernel say of all plugins.
struct Policy {
  std::vector<std::string> trust;     // Ed25519 public keys, hex or base64
  std::vector<std::string> resident;  // sonames of the resident libraries, beside the C and C++ runtime
  AbiVersion kernel;                  // the kernel's own version
};

// One thing that is wrong. `code` is stable; the other three are for a person.
struct Finding {
  std::string code;
  std::string found;
  std::string wanted;
  std::string action;
};
[[nodiscard]] std::string to_string(const Finding& finding);  // "[code] found X; wanted Y; do Z"

// A library that passed every check, with its bytes.
struct Verified {
  std::string plugin;
  std::string bytes;
  std::string sha256;                    // 64 lower-case hex digits
  std::optional<std::string> signature;  // 64 raw bytes, kept so that the store can be verified again
  std::optional<std::string> signed_by;  // fingerprint of the trusted key
  AbiVersion abi;                        // of the note
  bool own_threads = false;              // it imports thread functions, which was granted: never unmapped
  std::vector<std::string> pins;         // what keeps the library mapped for ever
};

struct Report {
  std::vector<Finding> findings;     // empty: verified
  std::optional<Verified> verified;  // present exactly when there are no findings
};

// The checks on bytes already in memory; `signature` is the content of LIB.sig, absent when there is no such file.
[[nodiscard]] Report inspect(std::string bytes, const std::optional<std::string>& signature, const Expected& expected,
                             const Policy& policy);

// Reads `library` and LIB.sig and inspects them. An unreadable file is a finding with code "unreadable".
[[nodiscard]] Report inspect_file(const std::filesystem::path& library, const Expected& expected, const Policy& policy);

// inspect_file() for callers that only go on or stop: the error's text holds all findings.
[[nodiscard]] Result<Verified> verify(const std::filesystem::path& library, const Expected& expected,
                                      const Policy& policy);

// The findings of a report as one error.
[[nodiscard]] Error to_error(const std::vector<Finding>& findings, std::string_view plugin);

// True when this kernel is built with a sanitizer: then sanitizer runtimes may be needed and no library is unmapped.
[[nodiscard]] bool sanitizer_build();

}  // namespace socle::loader
