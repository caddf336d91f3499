// loader/verify.cpp: see verify.hpp.
#include "loader/verify.hpp"

#include <cstring>
#include <utility>

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/signature.hpp"
#include "loader/elf.hpp"
#include "loader/lint.hpp"

namespace socle::loader {
namespace {

constexpr std::size_t max_signature_file = 4096;
constexpr std::uint32_t abi_note_type = 1;

void check_version(AbiVersion found, const Expected& expected, const Policy& policy, std::vector<Finding>& findings) {
  if (found.major != policy.kernel.major) {
    findings.push_back(
        {"abi_major", "ABI " + to_string(found),
         "major " + std::to_string(policy.kernel.major) + " (this kernel is ABI " + to_string(policy.kernel) + ")",
         found.major > policy.kernel.major ? "use a kernel of that major, or rebuild against this kernel's SDK"
                                           : "rebuild the plugin against this kernel's SDK"});
  } else if (found.minor > policy.kernel.minor) {
    findings.push_back({"abi_minor", "ABI " + to_string(found),
                        "at most " + to_string(policy.kernel) + ", this kernel's",
                        "update the kernel, or rebuild the plugin against its SDK"});
  }
  if (found != expected.abi) {
    findings.push_back({"abi_manifest", "ABI " + to_string(found) + " in the library",
                        to_string(expected.abi) + ", as its manifest says",
                        "correct `abi:` in the manifest, or ship the library that belongs to it"});
  }
}

std::optional<AbiVersion> check_note(const Elf& elf, const Expected& expected, const Policy& policy,
                                     std::vector<Finding>& findings) {
  std::optional<AbiVersion> version;
  std::size_t count = 0;
  for (const Note& note : elf.notes) {
    if (note.owner != "socle" || note.type != abi_note_type) continue;
    ++count;
    AbiVersion read;
    if (note.descriptor.size() < sizeof read.major + sizeof read.minor) continue;
    std::memcpy(&read.major, note.descriptor.data(), sizeof read.major);
    std::memcpy(&read.minor, note.descriptor.data() + sizeof read.major, sizeof read.minor);
    version = read;
  }
  if (count != 1 || !version) {
    findings.push_back(
        {"abi_note", count == 0 ? "no ABI note" : std::to_string(count) + " ABI notes" + (version ? "" : ", damaged"),
         "one ELF note of owner 'socle', type 1", "put SOCLE_ABI_NOTE into one source file (SOCLE_PLUGIN does)"});
    return std::nullopt;
  }
  check_version(*version, expected, policy, findings);
  return version;
}

void check_hash(const std::string& sha256, const Expected& expected, std::vector<Finding>& findings) {
  if (!expected.sha256 || *expected.sha256 == sha256) return;
  findings.push_back(
      {"sha256", "SHA-256 " + sha256, *expected.sha256, "restore the library that was pinned, or pin this one"});
}

// The key of the trust list that signed the bytes. Sets `raw` when the signature is well formed.
std::optional<std::string> check_signature(const std::string& bytes, const std::optional<std::string>& text,
                                           const Policy& policy, std::optional<std::string>& raw,
                                           std::vector<Finding>& findings) {
  if (!text) {
    if (policy.trust.empty()) return std::nullopt;
    findings.push_back({"unsigned", "no signature file", "an Ed25519 signature by a key of the operator's trust list",
                        "sign the library into LIB.sig, or empty `trust:` in the system manifest"});
    return std::nullopt;
  }
  const auto signature = base::parse_signature(*text);
  if (!signature) {
    findings.push_back({"signature_form", signature.error().message, "an Ed25519 signature",
                        "sign again: openssl pkeyutl -sign -rawin -inkey KEY -in LIB -out LIB.sig"});
    return std::nullopt;
  }
  raw = *signature;
  for (const std::string& trusted : policy.trust) {
    const auto key = base::parse_public_key(trusted);
    if (!key) {
      findings.push_back(
          {"trust_key", key.error().message, "an Ed25519 public key", "correct `trust:` in the system manifest"});
      continue;
    }
    const auto good = base::verify_ed25519(*key, bytes, *signature);
    const auto name = base::fingerprint(*key);
    if (good && *good && name) return *name;
  }
  if (policy.trust.empty()) return std::nullopt;
  findings.push_back({"signature_bad", "a signature that no trusted key made for these bytes",
                      "one by a key of the operator's trust list (" + std::to_string(policy.trust.size()) + " keys)",
                      "sign this very file again, or add the signer's key to `trust:`"});
  return std::nullopt;
}

}  // namespace

std::string to_string(AbiVersion version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

std::string to_string(const Finding& finding) {
  return "[" + finding.code + "] found " + finding.found + "; wanted " + finding.wanted + "; do: " + finding.action;
}

Error to_error(const std::vector<Finding>& findings, std::string_view plugin) {
  std::string text = "verify plugin '" + std::string(plugin) + "': " + std::to_string(findings.size()) +
                     (findings.size() == 1 ? " finding" : " findings");
  for (const Finding& finding : findings) text += (&finding == findings.data() ? ": " : " | ") + to_string(finding);
  return Error{Code::invalid, std::move(text)};
}

Report inspect(std::string bytes, const std::optional<std::string>& signature, const Expected& expected,
               const Policy& policy) {
  Report report;
  Verified verified;
  verified.plugin = expected.plugin;
  auto elf = read_elf(bytes);
  if (elf) {
    if (const auto version = check_note(*elf, expected, policy, report.findings)) verified.abi = *version;
    verified.pins = pins(*elf);
    verified.own_threads = imports_threads(*elf);
  } else {
    report.findings.push_back(
        {"elf", elf.error().message, "a shared library for this machine", "build it again and copy it whole"});
  }
  if (auto hash = base::sha256_hex(bytes); hash) {
    verified.sha256 = std::move(*hash);
    check_hash(verified.sha256, expected, report.findings);
  } else {
    report.findings.push_back({"sha256", hash.error().message, "a SHA-256 of the library", "repair OpenSSL"});
  }
  verified.signed_by = check_signature(bytes, signature, policy, verified.signature, report.findings);
  if (elf) {
    auto more = lint(*elf, expected, policy);
    report.findings.insert(report.findings.end(), std::make_move_iterator(more.begin()),
                           std::make_move_iterator(more.end()));
  }
  if (report.findings.empty()) {
    verified.bytes = std::move(bytes);
    report.verified = std::move(verified);
  }
  return report;
}

Report inspect_file(const std::filesystem::path& library, const Expected& expected, const Policy& policy) {
  const auto unreadable = [](const Error& error) {
    return Report{
        {{"unreadable", error.message, "a readable file of at most 256 MiB", "check `library:` and the file's rights"}},
        {}};
  };
  auto bytes = base::read_file(library, max_library_size);
  if (!bytes) return unreadable(bytes.error());
  std::filesystem::path beside = library;
  beside += ".sig";
  std::optional<std::string> signature;
  if (auto text = base::read_file(beside, max_signature_file)) {
    signature = std::move(*text);
  } else if (text.error().code != Code::not_found) {
    return unreadable(text.error());
  }
  return inspect(std::move(*bytes), signature, expected, policy);
}

Result<Verified> verify(const std::filesystem::path& library, const Expected& expected, const Policy& policy) {
  Report report = inspect_file(library, expected, policy);
  if (!report.verified) return to_error(report.findings, expected.plugin);
  return std::move(*report.verified);
}

bool sanitizer_build() {
#ifdef SOCLE_SANITIZED
  return true;
#else
  return false;
#endif
}

}  // namespace socle::loader
