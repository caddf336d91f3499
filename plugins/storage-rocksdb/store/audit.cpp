#include "store/audit.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>

#include "contract/bytes.hpp"
#include "socle/json/writer.hpp"

namespace socle::storage {
namespace {

void member(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":");
  json::append_quoted(out, value);
}

}  // namespace

std::string audit_opening(std::string_view tenant, std::string_view principal, const std::uint8_t* trace_id,
                          std::int64_t now_ns) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string trace;
  for (int i = 0; trace_id != nullptr && i < 16; ++i) {
    trace.push_back(digits[trace_id[i] >> 4U]);
    trace.push_back(digits[trace_id[i] & 15U]);
  }
  std::string out = "{\"at_ns\":" + std::to_string(now_ns);
  member(out, "tenant", tenant);
  member(out, "principal", principal);
  member(out, "trace", trace);
  return out;
}

struct Auditor::Hashing {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
  };
  // Fetched once: looking it up costs more than hashing a document.
  std::unique_ptr<EVP_MD, Free> digest{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Auditor::Auditor() : hashing_(std::make_unique<Hashing>()) {}
Auditor::~Auditor() = default;

void Auditor::use_key(std::string_view key) { key_ = key; }

Result<std::string> Auditor::make_key() {
  std::array<unsigned char, key_size> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    return Error{Code::internal, "the system gives no random bytes for the audit hashes' key"};
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string Auditor::hash(std::string_view text) {
  std::array<unsigned char, 32> out{};
  EVP_MD_CTX* context = hashing_->context.get();
  EVP_DigestInit_ex(context, hashing_->digest.get(), nullptr);
  EVP_DigestUpdate(context, key_.data(), key_.size());
  EVP_DigestUpdate(context, text.data(), text.size());
  EVP_DigestFinal_ex(context, out.data(), nullptr);
  return to_base64url({reinterpret_cast<const char*>(out.data()), out.size()});
}

std::string Auditor::entry_of(const Call& call, const Changed& changed) {
  const std::string_view change = changed.after == nullptr ? "delete" : changed.before == nullptr ? "create" : "update";
  std::string document(changed.collection);
  document.append("/").append(changed.id);
  std::string out;
  out.reserve(call.audit_opening.size() + 360 + 2 * document.size());
  out = call.audit_opening;
  const auto& told = call.write->audit;
  member(out, "operation", told.operation.empty() ? std::string("storage.").append(change) : told.operation);
  member(out, "target", told.target.empty() ? document : told.target);
  if (!told.target.empty()) member(out, "document", document);
  member(out, "change", change);
  out.append(",\"version\":").append(std::to_string(changed.version));
  if (changed.before != nullptr) member(out, "before", hash(*changed.before));
  if (changed.after != nullptr) member(out, "after", hash(*changed.after));
  member(out, "status", "ok");
  return out.append("}");
}

std::string Auditor::entry_of(const Call& call, std::string_view operation, std::string_view target) {
  std::string out = call.audit_opening;
  member(out, "operation", operation);
  member(out, "target", target);
  member(out, "status", "ok");
  return out.append("}");
}

}  // namespace socle::storage
