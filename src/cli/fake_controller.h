// SPDX-License-Identifier: Apache-2.0
// A controller and node with canned answers behind a real HTTP server, and a terminal whose output a test reads.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "cli/run.h"
#include "http/test_server.h"

namespace superspan::cli::test {

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

// Remembers policies as the real controller does; every other answer is set by the test. Thread-safe.
class FakeController {
 public:
  using Stream = std::shared_ptr<http::ResponseStream>;

  explicit FakeController(http::ServerOptions options = http::test::options_for("http://127.0.0.1:0"))
      : server_(routes(), std::move(options)) {
    std::ofstream(token_file()) << http::test::kToken << "\n";
    using std::filesystem::perms;
    std::filesystem::permissions(token_file(), perms::owner_read | perms::owner_write);
    answer("GET /v1/taps", R"({"taps": [{"name": "leaf1"}, {"name": "leaf2"}]})");
    answer("GET /v1/tools", R"({"tools": [{"name": "ids1"}]})");
    answer("GET /v1/nodes", R"({"nodes": [{"name": "node1"}]})");
  }

  // For requests like "GET /v1/taps" (without the query).
  void answer(const std::string& request, std::string body, int status = 200) {
    const std::lock_guard lock(mutex_);
    answers_[request] = {.status = status, .content_type = "application/json", .body = std::move(body), .headers = {}};
  }
  void answer(const std::string& request, const base::Error& error) {
    const std::lock_guard lock(mutex_);
    answers_[request] = http::problem(error);
  }
  // What the node does when the stream of a policy is opened, and what when its policy is removed.
  std::function<void(Stream)> on_stream = [](const Stream& stream) { stream->finish(); };
  std::function<void(Stream)> on_removed = [](const Stream& stream) { stream->finish(); };
  std::function<void(Stream)> on_events;  // when its events are asked for; empty: they are canned as other answers
  std::string state = "active";           // of every policy
  std::string why;                        // of every policy
  std::string created = "2999-01-01T00:00:00Z";  // of every policy
  boost::json::array last_hops;                  // of a policy that is removed
  bool loses_answers = false;                    // to PUT: it is done, and told to have timed out

  [[nodiscard]] std::filesystem::path token_file() const { return folder_ / "token"; }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] std::string endpoint() const { return http::to_string(server_.endpoint()); }
  // "PUT /v1/policies/web", in order; with queries.
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] std::vector<std::string> policies() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, policy] : policies_) names.push_back(name);
    return names;
  }
  // The body of the last PUT.
  [[nodiscard]] boost::json::value last_put() const {
    const std::lock_guard lock(mutex_);
    return last_put_;
  }
  // Runs on the server's thread, after what it does now.
  void post(std::function<void()> action) { boost::asio::post(server_.io(), std::move(action)); }
  void add_policy(const std::string& name, boost::json::object policy) {
    const std::lock_guard lock(mutex_);
    policies_[name] = std::move(policy);
  }

  void drop_policy(const std::string& name) {
    const std::lock_guard lock(mutex_);
    policies_.erase(name);
  }

 private:
  http::Router routes() {
    http::Router router;
    for (const auto method : {http::Method::kGet, http::Method::kPut, http::Method::kPost, http::Method::kDelete}) {
      for (const char* pattern : {"/v1/{a}", "/v1/{a}/{b}", "/v1/{a}/{b}/{c}"}) {
        router.add(
            method, pattern,
            [this](const http::Request& request, http::Responder responder) { handle(request, std::move(responder)); },
            {"wait_ms", "dry_run", "diff", "since", "switch", "view"});
      }
    }
    return router;
  }

  void handle(const http::Request& request, http::Responder responder) {
    if (request.path.starts_with("/v1/streams/")) return open_stream(request, std::move(responder), on_stream);
    if (on_events && request.path == "/v1/events") return open_stream(request, std::move(responder), on_events);
    Stream removed;
    http::Response response;
    {
      const std::lock_guard lock(mutex_);
      note(request);
      response = respond(request);
      if (request.method == http::Method::kDelete) removed = stream_;
    }
    responder.reply(std::move(response));
    if (removed) on_removed(removed);
  }

  void open_stream(const http::Request& request, http::Responder responder,
                   const std::function<void(Stream)>& on_open) {
    auto stream = responder.stream({.content_type = "application/x-pcapng", .headers = {}});
    {
      const std::lock_guard lock(mutex_);
      note(request);
      stream_ = stream;
    }
    on_open(stream);
  }

  void note(const http::Request& request) {
    std::string line = std::string(http::to_string(request.method)) + " " + request.path;
    for (const auto& [key, value] : request.query) line += (line.contains('?') ? "&" : "?") + key + "=" + value;
    requests_.push_back(line);
  }

  http::Response respond(const http::Request& request) {
    const auto canned = answers_.find(std::string(http::to_string(request.method)) + " " + request.path);
    if (canned != answers_.end()) return canned->second;
    if (request.path == "/v1/policies") return list_policies();
    if (request.path == "/v1/policies:apply") return apply(request);
    const bool policy = request.path.starts_with("/v1/policies/");
    if (policy && request.path.ends_with("/stream")) return ticket(request);
    if (policy) return respond_policy(request, std::string(request.parameter("b")));
    return http::problem(*fail_unknown("no such resource"));
  }

  // True if it is new or has another expression.
  bool store(const std::string& name, boost::json::object policy) {
    const bool same = policies_.contains(name) && policies_[name].at("expression") == policy.at("expression");
    policy["number"] = policies_.contains(name) ? policies_[name].at("number").as_int64() : ++number_;
    policy["created"] = created;
    policy["revision"] = same ? policies_[name].at("revision").as_int64() : ++revision_;
    policies_[name] = std::move(policy);
    return !same;
  }

  http::Response apply(const http::Request& request) {
    last_put_ = boost::json::parse(request.body);
    boost::json::array effects;
    for (const auto& policy : last_put_.at("policies").as_array()) {
      const std::string name = policy.at("name").as_string().c_str();
      const bool known = policies_.contains(name);
      const bool changed = store(name, policy.as_object());
      const char* effect = !known ? "created" : changed ? "changed" : "unchanged";
      effects.push_back({{"name", name}, {"effect", effect}, {"policy", {{"name", name}, {"state", state}}}});
    }
    const boost::json::object plan{{"switches", {{{"switch", "filter1"}, {"flows", 9}, {"added", 2}, {"removed", 1}}}}};
    const boost::json::object body{{"epoch", revision_}, {"policies", std::move(effects)}, {"plan", plan}};
    return {.status = 200, .content_type = "application/json", .body = boost::json::serialize(body), .headers = {}};
  }

  http::Response list_policies() const {
    boost::json::array list;
    for (const auto& [name, policy] : policies_) list.push_back(policy);
    const boost::json::object body{{"policies", std::move(list)}, {"epoch", revision_}};
    return {.status = 200, .content_type = "application/json", .body = boost::json::serialize(body), .headers = {}};
  }

  http::Response respond_policy(const http::Request& request, const std::string& name) {
    if (request.method == http::Method::kPut) {
      if (request.header("If-None-Match") && policies_.contains(name)) {
        return http::problem(412, {base::ErrorCode::kConflict, "a policy '" + name + "' exists already",
                                   "choose another name", "If-None-Match", std::nullopt});
      }
      last_put_ = boost::json::parse(request.body);
      store(name, last_put_.as_object());
      if (loses_answers) return http::problem(base::Error{base::ErrorCode::kTimeout, "no answer", "", "", {}});
    }
    const auto found = policies_.find(name);
    if (found == policies_.end()) return http::problem(*fail_unknown("there is no policy '" + name + "'"));
    if (request.method == http::Method::kDelete) {
      const std::string tag =
          "\"" + std::to_string(number_of(name, "number")) + "." + std::to_string(number_of(name, "revision")) + "\"";
      if (request.header("If-Match").value_or(tag) != tag) {
        return http::problem(412,
                             {base::ErrorCode::kConflict, "policy '" + name + "' has changed", "", "If-Match", {}});
      }
      policies_.erase(found);
      return {.status = 200,
              .content_type = "application/json",
              .body = R"({"confirmed": true, "unconfirmed": [], "complete": true, "hops": )" +
                      boost::json::serialize(last_hops) + "}",
              .headers = {}};
    }
    boost::json::object policy = found->second;
    policy["state"] = state;
    policy["why"] = why;
    return {.status = 200, .content_type = "application/json", .body = boost::json::serialize(policy), .headers = {}};
  }

  std::int64_t number_of(const std::string& name, const char* key) {
    const auto* value = policies_[name].if_contains(key);
    return value == nullptr ? 0 : value->as_int64();
  }

  http::Response ticket(const http::Request& request) const {
    const boost::json::object body{{"endpoint", endpoint()},
                                   {"path", "/v1/streams/" + std::string(request.parameter("b"))},
                                   {"token", http::test::kToken}};
    return {.status = 200, .content_type = "application/json", .body = boost::json::serialize(body), .headers = {}};
  }

  static std::shared_ptr<base::Error> fail_unknown(const std::string& message) {
    return std::make_shared<base::Error>(
        base::Error{base::ErrorCode::kNotFound, message, "see `superspan policy list`", "", std::nullopt});
  }

  mutable std::mutex mutex_;
  http::test::TemporaryFolder folder_;
  std::map<std::string, http::Response> answers_;
  std::map<std::string, boost::json::object> policies_;
  std::int64_t revision_ = 0;
  std::int64_t number_ = 0;
  boost::json::value last_put_;
  std::vector<std::string> requests_;
  Stream stream_;
  http::test::RunningServer server_;
};

// What a command prints, for a test that waits for it on another thread.
class WatchedText : public std::streambuf {
 public:
  // False if it does not come for very long.
  [[nodiscard]] bool wait_for(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return text_.contains(text); });
  }
  [[nodiscard]] std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  int_type overflow(int_type c) override {
    if (c != traits_type::eof()) add(std::string(1, static_cast<char>(c)));
    return c;
  }
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    add(std::string(bytes, static_cast<std::size_t>(count)));
    return count;
  }
  void add(const std::string& text) {
    const std::lock_guard lock(mutex_);
    text_ += text;
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
};

// How a run differs from a plain one in a script.
struct Surroundings {
  std::string input = {};
  int out_fd = -1;
  bool out_is_tty = false;
  bool err_is_tty = false;
  std::map<std::string, std::string> environment = {};
  WatchedText* err = nullptr;  // gets standard error instead of Outcome::err
  std::span<const Command> commands = cli::commands();
};

inline Outcome run_command(const std::vector<std::string>& words, Surroundings surroundings = {}) {
  std::istringstream in(surroundings.input);
  std::ostringstream out;
  std::ostringstream kept;
  std::ostream err(surroundings.err != nullptr ? static_cast<std::streambuf*>(surroundings.err) : kept.rdbuf());
  const auto& variables = surroundings.environment;
  Terminal terminal{.in = in,
                    .out = out,
                    .err = err,
                    .out_fd = surroundings.out_fd,
                    .out_is_tty = surroundings.out_is_tty,
                    .err_is_tty = surroundings.err_is_tty,
                    .environment = [&](const std::string& name) -> std::optional<std::string> {
                      const auto found = variables.find(name);
                      return found == variables.end() ? std::nullopt : std::optional(found->second);
                    }};
  const int code = run(words, terminal, surroundings.commands);
  return {code, out.str(), kept.str()};
}

// Runs with the fake controller as the one that the environment names.
inline Outcome run_command(const FakeController& controller, const std::vector<std::string>& words,
                           Surroundings surroundings = {}) {
  surroundings.environment["SUPERSPAN_ENDPOINT"] = controller.endpoint();
  surroundings.environment["SUPERSPAN_TOKEN_FILE"] = controller.token_file();
  return run_command(words, std::move(surroundings));
}

}  // namespace superspan::cli::test
