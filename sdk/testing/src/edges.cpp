// edges.cpp: catalogue, connections and resident handles of the fake table.
#include "state.hpp"

namespace socle::testing {
namespace {

using detail::view;

std::uint64_t catalog_version(const socle_host* host) { return state_of(host).catalog_version; }

socle_payload* catalog(const socle_host* host, socle_str name) {
  State& state = state_of(host);
  state.worker_only("catalog");
  if (state.judge("catalog") == Verdict::fail) return nullptr;
  const auto found = state.catalog.find(view(name));
  return found == state.catalog.end() ? nullptr : state.new_payload(found->second, SOCLE_MEDIA_JSON, nullptr, 0);
}

void connection_closed(const socle_host* host, std::uint64_t id) {
  State& state = state_of(host);
  state.worker_only("connection_closed");
  (void)state.judge("connection_closed");
  if (state.connections.erase(id) == 0) return state.misuse("connection_closed: not an open connection");
  state.closed.push_back(id);
}

void connection_return(const socle_host* host, const socle_connection* connection) {
  State& state = state_of(host);
  state.worker_only("connection_return");
  (void)state.judge("connection_return");
  if (state.connections.erase(connection->id) == 0) state.misuse("connection_return: not an open connection");
  state.returned.push_back({connection->fd, connection->id, std::string(view(connection->listener)),
                            std::string(view(connection->peer)), std::string(view(connection->buffered)),
                            connection->tls});
}

socle_status resident_put(const socle_host* host, socle_str name, std::uint32_t version, void* handle,
                          void (*destroy)(void*)) {
  State& state = state_of(host);
  state.worker_only("resident_put");
  Code code{};
  if (state.judge("resident_put", code) == Verdict::fail) return detail::status(code);
  if (!state.residents.try_emplace(std::string(view(name)), State::Resident{version, handle, destroy}).second) {
    return SOCLE_CONFLICT;
  }
  return SOCLE_OK;
}

void* resident_take(const socle_host* host, socle_str name, std::uint32_t version) {
  State& state = state_of(host);
  state.worker_only("resident_take");
  if (state.judge("resident_take") == Verdict::fail) return nullptr;
  const auto found = state.residents.find(view(name));
  if (found == state.residents.end() || found->second.version != version) return nullptr;
  void* handle = found->second.handle;
  state.residents.erase(found);
  return handle;
}

}  // namespace

void fill_edges(socle_host& host) {
  host.catalog_version = catalog_version;
  host.catalog = catalog;
  host.connection_closed = connection_closed;
  host.connection_return = connection_return;
  host.resident_put = resident_put;
  host.resident_take = resident_take;
}

}  // namespace socle::testing
