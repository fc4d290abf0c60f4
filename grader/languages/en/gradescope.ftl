# What students read on Gradescope where grading failed, and what an instructor reads of the autograder (grader/gradescope).

gradescope_not_graded = This submission is not graded yet
gradescope_unfinished =
    Grading was stopped before it was done: it ran out of memory or of time, or the machine ended it. This says nothing about your work, and it is not a score of 0. Submit again. If it happens again, tell your instructor, who can run the autograder again.
gradescope_failed =
    The autograder itself failed. This says nothing about your work, and it is not a score of 0. Your instructor finds the reason in the autograder's output, and can run it again; your submission is kept.
gradescope_last_result = Until then the result and the score of your submission of { $time } count; they follow.
autograder_written = { $path } is for { $lab }: { $files } files, { $size } MB. Give the programming assignment { $points } points, and upload the file under Configure Autograder.
