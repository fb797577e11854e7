//===- Session.h - A language model at work -*- C++ -*-===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The host's side of a model's program: it looks up embeddings, starts a
// launch for each chunk of the prompt and each token, reads logits, chooses
// tokens and counts cycles.
//
//===----------------------------------------------------------------------===//

#ifndef PLMR_RUNTIME_SESSION_H
#define PLMR_RUNTIME_SESSION_H

#include "plmr/Runtime/Loader.h"
#include "plmr/Runtime/Sampler.h"
#include "plmr/Runtime/Tokenizer.h"
#include "plmr/Timing/Timing.h"

namespace plmr {

class LaunchTimer;

struct SessionOptions {
  EmulatorMode mode = EmulatorMode::Fast;
  /// Time every launch (each shape once).
  bool timing = true;
};

/// What a launch of a session cost.
struct LaunchRecord {
  std::string launch;     ///< its name
  int32_t token = 0;      ///< the first one
  uint32_t position = 0;  ///< of that token
  uint32_t count = 1;     ///< tokens; 0 where what is there was moved only
  bool isPrefill = false; ///< or what decode needs after it
  uint64_t ticks = 0;     ///< 0 without timing
  unsigned contended = 0;
  uint64_t macs = 0;
  bool operator==(const LaunchRecord &) const = default;
};

struct GenerateOptions {
  /// Tokens to generate; negative: until the model ends the text or the
  /// context is full.
  int64_t count = -1;
  /// Never choose a token that ends the text.
  bool ignoreEnd = false;
  /// Feed the prompt in chunks, where the program has a launch for that.
  bool usePrefill = true;
  /// Tokens of a chunk at most; 0: as many as a launch takes.
  uint32_t chunk = 0;
  SamplerOptions sampler;
};

struct GenerateCallbacks {
  /// Once it is clear that everything fits, before the first token is fed.
  std::function<void()> onStart;
  /// The logits of each position that was fed, prompt included; where a
  /// prefill computes those of a chunk's last position only, of that.
  std::function<llvm::Error(llvm::ArrayRef<float>)> onLogits;
  /// Each generated token, the one that ends the text included.
  std::function<void(int32_t)> onToken;
};

/// Rows that a launch of prefill takes at most; nothing if the program has no
/// prefill, or one whose input is no matrix.
std::optional<int64_t> getPrefillRows(const Program &program);

/// An error if `launch` is one of a language model, and its `parameters` name
/// positions that the context, or a chunk of the prompt, does not have. They
/// are those of the launches `decode`, `prefill` and `settle`.
llvm::Error checkPositions(const Program &program, const Launch &launch,
                           llvm::ArrayRef<int32_t> parameters);

/// An error if `prompt` is empty, has a token that `model` does not know or,
/// with a positive `count` of tokens to generate after it, does not fit in the
/// context from `position` on.
llvm::Error checkPrompt(const ModelInfo &model, llvm::ArrayRef<int32_t> prompt,
                        int64_t count, uint32_t position = 0);

/// An error if the model is one without weights, which does not run.
llvm::Error checkWeights(const ModelInfo &model);

class Session {
public:
  /// Loads the weights. The program has a model, a launch "decode" with the
  /// parameter "position", an input "x" and an output "logits" of the model's
  /// sizes, and maybe a launch "prefill" with the parameters "first", "begin"
  /// and "end", an input "prefill.x" [rows x embedding] and an output
  /// "prefill.logits" [vocab] or [rows x vocab], where rows is a multiple of
  /// the mesh's. With a cache that is not cyclic a launch "settle" with the
  /// parameters "from" and "to" belongs to a prefill, with "concat" a second
  /// parameter "settled" to decode. Launches "hand_over" and "hand_back" of the
  /// parameter "positions" move weights and caches to the mesh of decode, and
  /// back to that of prefill, where they are at first and caches are cyclic.
  /// Anything else is an
  /// error that names what is missing.
  static llvm::Expected<std::unique_ptr<Session>>
  create(std::shared_ptr<const Program> program,
         const SessionOptions &options = {});
  ~Session();

  /// Computes the logits that follow `token` at the next position. A token
  /// outside of the vocabulary and a full context are errors that change
  /// nothing; a launch that cannot be timed is an error after it has run. The
  /// logits live until the next call.
  llvm::Expected<llvm::ArrayRef<float>> feed(int32_t token);

  /// Rows of a prefill; 0 if the program has none.
  uint32_t getChunk() const { return prefillRows; }
  /// A prefill computes the logits of all its rows.
  bool hasAllLogits() const { return prefillLogits > 1; }

  /// Feeds `prompt` (at least one token) and then each token that it chooses,
  /// except the last one. It is an error, before anything is computed, if
  /// the prompt has an unknown token or does not fit in the context together
  /// with a non-negative count. Times are computed while the tokens that
  /// follow are; what is wrong with them is reported at the end.
  llvm::Error generate(llvm::ArrayRef<int32_t> prompt,
                       const GenerateOptions &options,
                       const GenerateCallbacks &callbacks);

  /// Forgets all positions.
  void reset();

  /// What the cores hold of a state, as its placement tells.
  llvm::Expected<std::vector<float>> readState(llvm::StringRef name) {
    return emulator->readTensor(name);
  }

  const Program &getProgram() const { return *program; }
  const ModelInfo &getModel() const { return *program->model; }
  const Tokenizer &getTokenizer() const { return tokenizer; }
  /// Positions that were fed; the next token is fed at this one.
  uint32_t getPosition() const { return position; }
  /// One record for each feed since the session was created.
  llvm::ArrayRef<LaunchRecord> getRecords() const { return records; }
  double getEmulatorSeconds() const { return emulatorSeconds; }
  /// Seconds of waiting for times: what they cost beyond the emulation.
  double getTimingSeconds() const { return timingSeconds; }

private:
  Session(std::shared_ptr<const Program> program, Tokenizer tokenizer,
          const Launch &decode);

  llvm::Error checkInterface() const;
  llvm::Error checkPrefill();
  llvm::Error checkSettle();
  llvm::Error checkHandOver();
  llvm::Expected<int32_t> choose(Sampler &sampler, bool ignoreEnd) const;
  llvm::Error runLaunch(int32_t token);
  /// Moves what was prefilled to where decode looks for it.
  llvm::Error runSettle();
  /// Moves weights and caches to the mesh of decode, or back to prefill's.
  llvm::Error runHandOver(bool toDecode);
  llvm::Error runMove(const Launch &launch, std::vector<int32_t> parameters);
  /// The next token may be prefilled. Behind tokens that were decoded into the
  /// last row a cyclic chunk finds no room.
  bool canPrefill() const {
    if (!prefill)
      return false;
    // What was decoded behind a prompt is not handed back from the last row.
    if (isOnDecodeMesh && position != 0 &&
        getModel().kvPlacement == KVPlacement::Concat)
      return false;
    return getModel().kvPlacement != KVPlacement::Concat || inPlace == settled;
  }
  /// Feeds the first tokens of `tokens`; returns how many.
  llvm::Expected<uint32_t> runPrefill(llvm::ArrayRef<int32_t> tokens);
  llvm::Error feedPrompt(llvm::ArrayRef<int32_t> prompt,
                         const GenerateOptions &options,
                         const GenerateCallbacks &callbacks);
  llvm::Error readEmbedding(int32_t token, llvm::MutableArrayRef<float> x);
  /// Runs, and asks for the time.
  llvm::Error run(const Launch &launch, std::vector<int32_t> parameters,
                  LaunchRecord record);
  llvm::Error generateTokens(llvm::ArrayRef<int32_t> prompt,
                             const GenerateOptions &options,
                             const GenerateCallbacks &callbacks);
  llvm::Error settleTimes();

  std::shared_ptr<const Program> program;
  Tokenizer tokenizer;
  DataFiles files;
  const Launch &decode;
  std::unique_ptr<Emulator> emulator;
  std::unique_ptr<LaunchTimer> timer; ///< null without timing
  std::vector<float> logits;          ///< of the last position
  std::vector<float> rowLogits;       ///< of the last prefill, new rows only
  const Launch *prefill = nullptr;
  uint32_t prefillRows = 0;
  uint32_t meshRows = 0;      ///< of prefill's mesh
  uint32_t prefillLogits = 0; ///< rows of its logits
  std::vector<LaunchRecord> records;
  /// What the timer calls the last records, whose times are not known yet.
  std::vector<size_t> untimed;
  uint32_t position = 0;
  const Launch *settle = nullptr;   ///< null with a cyclic cache
  uint32_t inPlace = 0;             ///< positions that decode finds
  uint32_t settled = 0;             ///< of them after the last settling
  const Launch *handOver = nullptr; ///< null on one mesh
  const Launch *handBack = nullptr;
  bool isOnDecodeMesh = false; ///< weights and caches, if there are two meshes
  double emulatorSeconds = 0, timingSeconds = 0;
};

} // namespace plmr

#endif // PLMR_RUNTIME_SESSION_H
