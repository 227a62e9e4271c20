// Carries the precompiled header that all LibTorch modules share.
