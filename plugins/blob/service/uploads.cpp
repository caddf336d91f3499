// uploads.cpp: see the header.
#include "service/uploads.hpp"

#include <charconv>

#include "content/media.hpp"
#include "content/name.hpp"

namespace socle::blob {
namespace {

std::string base64(std::string_view hex) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto value = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::string bytes, out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(value(hex[i]) << 4 | value(hex[i + 1]));
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) -> unsigned {
      return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
    };
    const unsigned word = byte(0) << 16 | byte(1) << 8 | byte(2);
    out += letters[word >> 18];
    out += letters[word >> 12 & 63];
    out += i + 1 < bytes.size() ? letters[word >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? letters[word & 63] : '=';
  }
  return out;
}

// What a checksum header (RFC 9530) says of SHA-256; "" when it does not.
std::string_view digest_in(std::string_view header) {
  constexpr std::string_view mark = "sha-256=:";
  const auto at = header.find(mark);
  if (at == std::string_view::npos) return {};
  const auto rest = header.substr(at + mark.size());
  return rest.substr(0, rest.find(':'));
}

}  // namespace

std::string digest_header(std::string_view sha256) { return "sha-256=:" + base64(sha256) + ":"; }

Reply Uploads::progress(const File& file) {
  return Reply()
      .with_status(204)
      .with_header("upload-offset", std::to_string(file.size))
      .with_header("upload-complete", file.partial ? "?0" : "?1")
      .with_cache_control("no-store");
}

std::optional<Reply> Uploads::too_large(std::uint64_t size) const {
  if (size <= settings_.max_size) return std::nullopt;
  return Reply::error(Code::too_large, "file_too_large",
                      "a file may have " + std::to_string(settings_.max_size) + " bytes; this one has " +
                          std::to_string(size) + " already");
}

Task<Reply> Uploads::begin(Request request) {
  File file;
  file.id = random_id();
  if (file.id.empty()) co_return Reply::error(Code::unavailable, "unavailable", "no random numbers; try again");
  auto name = std::string(request.param("name"));
  if (name.empty()) name = name_in(request.header("content-disposition"));
  file.name = safe_name(name);
  file.type = media_of(request.header("content-type"));
  if (file.type.empty() && !request.header("content-type").empty())
    co_return Reply::error(Code::invalid, "bad_content_type", "Content-Type is no media type").with_status(400);
  if (file.type == "multipart/form-data")
    co_return Reply::error(Code::unsupported, "unsupported_media_type",
                           "send the file itself as the body, its name as ?name= or in Content-Disposition")
        .with_status(415);
  file.created_by = request.principal();
  file.partial = true;
  if (auto refused = too_large(request.text().size())) co_return std::move(*refused);
  const auto tenant = std::string(request.tenant());
  const auto open = [this, &tenant, &file] { return vault_.open_part(tenant, file.id); };
  auto part = co_await host_.offload(open);
  if (!part) co_return problem_of(part.error());
  const bool last = request.header("upload-complete") != "?0";
  co_return co_await take(request, std::move(*part), std::move(file), last, true);
}

Task<Reply> Uploads::go_on(Request request) {
  const std::string id(request.param("id"));
  const auto tenant = std::string(request.tenant());
  const auto none = problem_of({Code::not_found, "there is no file '" + id + "'"});
  if (!is_file_id(id)) co_return none;
  std::uint64_t offset = 0;
  const auto said = request.header("upload-offset");
  const auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), offset);
  if (said.empty() || error != std::errc() || end != said.data() + said.size())
    co_return Reply::error(Code::invalid, "bad_upload_offset",
                           "Upload-Offset says behind how many bytes this part goes; found '" + std::string(said) + "'")
        .with_status(400);
  auto known = co_await ledger_.find(request, id);
  if (!known) co_return problem_of(known.error());
  if (!*known || (*known)->created_by != request.principal()) co_return none;
  if (!(*known)->partial)
    co_return Reply::error(Code::conflict, "upload_complete", "this file is complete already").with_status(409);
  const auto open = [this, &tenant, &id] { return vault_.open_part(tenant, id); };
  auto part = co_await host_.offload(open);
  if (!part) co_return problem_of(part.error());
  // Only who holds the part knows what is in it.
  auto file = co_await ledger_.find(request, id);
  if (!file) co_return problem_of(file.error());
  if (!*file || !(*file)->partial) co_return none;
  if ((*file)->size != offset)
    co_return Reply::error(Code::conflict, "upload_offset",
                           "the upload has " + std::to_string((*file)->size) + " bytes; go on behind them")
        .with_status(409)
        .with_header("upload-offset", std::to_string((*file)->size));
  if (auto refused = too_large(offset + request.text().size())) co_return std::move(*refused);
  co_return co_await take(request, std::move(*part), std::move(**file), request.header("upload-complete") == "?1",
                          false);
}

Task<Reply> Uploads::take(Request request, Part part, File file, bool last, bool created) {
  const auto tenant = std::string(request.tenant());
  const auto body = request.text();
  const auto before = file.size;
  file.size += body.size();
  std::string wrong;
  std::string sha256;
  const auto work = [&]() -> Status {
    if (auto done = vault_.append(part, before, body); !done) return done;
    if (!last) return {};
    auto sealed = vault_.seal(part, file.size);
    if (!sealed) return std::move(sealed).error();
    auto type = settle(file.type, sealed->head);
    const auto wanted = digest_in(request.header("repr-digest").empty() ? request.header("content-digest")
                                                                        : request.header("repr-digest"));
    if (type.empty())
      wrong = "content_mismatch";
    else if (!admitted(type, settings_.types))
      wrong = "type_not_admitted";
    else if (!wanted.empty() && wanted != base64(sealed->sha256))
      wrong = "digest_mismatch";
    if (!wrong.empty()) return {};
    file.type = std::move(type);
    sha256 = std::move(sealed->sha256);
    return vault_.finish(tenant, file.id);
  };
  const auto discard = [&] { return vault_.remove(tenant, file.id); };
  auto kept = co_await host_.offload(work);
  if (!kept || !wrong.empty()) {
    if (created) {
      auto gone = co_await host_.offload(discard);
      if (!gone) host_.log(Level::warn, request, gone.error().message);
    }
    if (!kept) co_return problem_of(kept.error());
    if (wrong == "digest_mismatch")
      co_return Reply::error(Code::invalid, wrong,
                             "the bytes have another SHA-256 than the digest says; send them again")
          .with_status(400);
    const auto found = file.type.empty() ? std::string("application/octet-stream") : file.type;
    co_return Reply::error(Code::unsupported, wrong,
                           wrong == "content_mismatch" ? "the bytes are not what Content-Type says (" + found + ")"
                                                       : "files of type " + found + " are not taken here")
        .with_status(415);
  }
  if (last) {
    file.partial = false;
    file.sha256 = std::move(sha256);
  }
  auto noted = co_await ledger_.put(request, file, body.size());
  if (!noted) {
    if (created) {
      auto gone = co_await host_.offload(discard);
      if (!gone) host_.log(Level::warn, request, gone.error().message);
    }
    co_return problem_of(noted.error());
  }
  if (!created && !last) co_return progress(file);
  Reply reply = Reply::json(file_text(file));
  if (created) reply.with("http.status", "201").with("location", "/v1/files/" + file.id);
  reply.with("http.header.upload-offset", std::to_string(file.size));
  reply.with("http.header.upload-complete", last ? "?1" : "?0");
  if (last) reply.with("http.header.repr-digest", digest_header(file.sha256));
  co_return reply;
}

}  // namespace socle::blob
