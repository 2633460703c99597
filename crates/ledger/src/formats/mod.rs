//! Files in and out: the format of DawsOS, the full export, Beancount.
