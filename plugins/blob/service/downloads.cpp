// downloads.cpp: see the header.
#include "service/downloads.hpp"

#include <algorithm>

#include "content/media.hpp"
#include "content/name.hpp"
#include "content/range.hpp"
#include "service/uploads.hpp"
#include "socle/json/writer.hpp"

namespace socle::blob {
namespace {

constexpr std::uint64_t piece_size = 256 * 1024;

std::string etag_of(const File& file) { return "\"" + file.sha256 + "\""; }

bool names(std::string_view list, std::string_view etag) {
  return list == "*" || list.find(etag) != std::string_view::npos;
}

Reply absent(std::string_view id) {
  return problem_of({Code::not_found, "there is no file '" + std::string(id) + "'"});
}

// Nothing of a file runs in a page of ours, whatever it holds.
Reply& guarded(Reply& reply, const File& file, bool shown) {
  reply.with("etag", etag_of(file)).with("cache-control", "private, no-cache");
  reply.with("http.header.accept-ranges", "bytes");
  reply.with("http.header.content-disposition", disposition(shown && harmless_inline(file.type), file.name));
  reply.with("http.header.x-content-type-options", "nosniff");
  reply.with("http.header.content-security-policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'");
  return reply.with("http.header.repr-digest", digest_header(file.sha256));
}

}  // namespace

Task<Reply> Downloads::piece(Request request, std::string id, std::uint64_t at, std::uint64_t end, std::string type) {
  const auto tenant = std::string(request.tenant());
  const auto size = static_cast<std::size_t>(std::min(piece_size, end - at));
  const auto work = [&] { return vault_.read(tenant, id, at, size); };
  auto bytes = co_await host_.offload(work);
  if (!bytes) co_return problem_of(bytes.error());
  Reply reply = Reply::other(type, *bytes);
  if (at + size == end) co_return reply;
  std::string cursor;
  json::Writer(cursor)
      .begin_object()
      .member("id", id)
      .member("at", at + size)
      .member("end", end)
      .member("type", type)
      .end_object();
  co_return std::move(reply).with_stream("blob/1.download", cursor);
}

Task<Reply> Downloads::read(Request request) {
  if (!request.stream_cursor().empty()) {
    const auto state = json::Document::parse(request.stream_cursor());
    if (!state) co_return Reply::error(Code::invalid, "bad_cursor", "the cursor is none of this download's");
    const auto root = state->root();
    const auto at = root.find("at").as_uint64().value_or(0);
    const auto end = root.find("end").as_uint64().value_or(0);
    std::string id(root.find("id").as_string());
    if (!is_file_id(id) || at >= end)
      co_return Reply::error(Code::invalid, "bad_cursor", "the cursor is none of this download's");
    co_return co_await piece(request, std::move(id), at, end, std::string(root.find("type").as_string()));
  }
  const std::string id(request.param("id"));
  if (!is_file_id(id)) co_return absent(id);
  auto found = co_await ledger_.find(request, id);
  if (!found) co_return problem_of(found.error());
  if (!*found) co_return absent(id);
  const File& file = **found;
  if (file.partial) {
    if (request.http_method() == "HEAD" && file.created_by == request.principal()) co_return Uploads::progress(file);
    co_return absent(id);
  }
  const auto etag = etag_of(file);
  if (const auto wanted = request.header("if-match"); !wanted.empty() && !names(wanted, etag))
    co_return Reply::error(Code::precondition, "version_mismatch", "the file has ETag " + etag);
  const bool shown = request.param("inline") == "true";
  Range range{Range::Kind::whole, 0, 0};
  if (const auto condition = request.header("if-range"); condition.empty() || condition == etag)
    range = parse_range(request.header("range"), file.size);
  if (range.kind == Range::Kind::unsatisfiable)
    co_return Reply::error(Code::invalid, "range_not_satisfiable",
                           "the file has " + std::to_string(file.size) + " bytes; ask for some of them")
        .with_status(416)
        .with_header("content-range", "bytes */" + std::to_string(file.size));
  if (file.size == 0 || (request.header("if-none-match") == etag && range.kind == Range::Kind::whole)) {
    Reply reply = Reply::other(file.type, "");  // the gateway makes a 304 of it where it is one
    co_return guarded(reply, file, shown);
  }
  const bool part = range.kind == Range::Kind::part;
  const auto first = part ? range.first : 0;
  const auto end = part ? range.last + 1 : file.size;
  Reply reply = co_await piece(request, id, first, end, file.type);
  if (!reply) co_return reply;
  guarded(reply, file, shown);
  if (part)
    reply.with("http.status", "206")
        .with("http.header.content-range",
              "bytes " + std::to_string(first) + "-" + std::to_string(end - 1) + "/" + std::to_string(file.size));
  co_return reply;
}

Task<Reply> Downloads::about(Request request) {
  const std::string id(request.param("id"));
  if (!is_file_id(id)) co_return absent(id);
  auto found = co_await ledger_.find(request, id);
  if (!found) co_return problem_of(found.error());
  if (!*found || ((*found)->partial && (*found)->created_by != request.principal())) co_return absent(id);
  co_return Reply::json(file_text(**found));
}

}  // namespace socle::blob
